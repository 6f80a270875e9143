import * as fc from "fast-check";
import { expect, it } from "vitest";
import { RecentMap } from "../../../src/fleet/router/recent-map.ts";
import { runs } from "../../runs.ts";

it("remembers the last keys used, as many as it should, and at most twice as many", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60, size: "max" }),
      (capacity, keys) => {
        const map = new RecentMap(capacity);
        let byUse: number[] = [];
        for (const [value, key] of keys.entries()) {
          map.set(key, value);
          byUse = [...byUse.filter((other) => other !== key), key];
          const values = byUse.slice(-capacity).map((other) => [map.get(other), keys.lastIndexOf(other, value)]);
          expect(values.map(([got]) => got)).toEqual(values.map(([, set]) => set));
          expect(Array.from({ length: 21 }, (_, other) => map.get(other)).filter((got) => got !== undefined).length).toBeLessThanOrEqual(
            2 * capacity,
          );
        }
      },
    ),
    runs(100),
  );
});
