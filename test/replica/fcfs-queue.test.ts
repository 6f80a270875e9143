import * as fc from "fast-check";
import { expect, it } from "vitest";
import { FcfsQueue } from "../../src/replica/fcfs-queue.ts";
import { runs } from "../runs.ts";

it("a waiting queue behaves as a list with append, prepend and removal at the front and anywhere", () => {
  const operations = fc.array(fc.constantFrom("append", "append", "prepend", "remove", "take out"), { maxLength: 120, size: "max" });
  fc.assert(
    fc.property(operations, (list) => {
      const queue = new FcfsQueue();
      const model: number[] = [];
      const taken: (number | undefined)[][] = [];
      const expected: (number | undefined)[][] = [];
      for (const [id, operation] of list.entries()) {
        if (operation === "append") {
          queue.append(id);
          model.push(id);
        } else if (operation === "prepend") {
          queue.prepend(id);
          model.unshift(id);
        } else if (operation === "take out") {
          const one = (id * 7) % (id + 1);
          const place = model.indexOf(one);
          expect(queue.remove(one)).toBe(place >= 0);
          if (place >= 0) model.splice(place, 1);
        } else if (model.length > 0) {
          taken.push([queue.first(), queue.removeFirst()]);
          expected.push([model[0], model.shift()]);
        }
        expect(queue.length).toBe(model.length);
      }
      expect(taken).toEqual(expected);
      expect(model.map(() => queue.removeFirst())).toEqual(model);
    }),
    runs(200),
  );
});
