import * as fc from "fast-check";
import { expect, it } from "vitest";
import { IdSet } from "../../../src/fleet/router/id-set.ts";
import { runs } from "../../runs.ts";

it("knows its members, their number and their places in ascending order", () => {
  const change = fc.tuple(fc.integer({ min: 0, max: 70 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(change, { maxLength: 120, size: "max" }), (changes) => {
      const set = new IdSet();
      const model = new Set<number>();
      for (const [id, isMember] of changes) {
        set.set(id, isMember);
        if (isMember) model.add(id);
        else model.delete(id);
      }
      const members = [...model].sort((a, b) => a - b);
      expect(set.size).toBe(members.length);
      expect(members.map((_, i) => set.at(i))).toEqual(members);
      for (let id = 0; id <= 130; id += 1) {
        expect(set.has(id)).toBe(model.has(id));
        expect(set.countBelow(id)).toBe(members.filter((member) => member < id).length);
      }
    }),
    runs(100),
  );
});
