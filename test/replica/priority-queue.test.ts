import * as fc from "fast-check";
import { expect, it } from "vitest";
import { PriorityQueue } from "../../src/replica/priority-queue.ts";
import { RequestTable } from "../../src/replica/request-table.ts";
import { runs } from "../runs.ts";

it("a priority queue behaves as a sorted list, whichever request is taken out", () => {
  const operations = fc.array(fc.tuple(fc.constantFrom("append", "append", "remove first", "take out"), fc.nat(4), fc.nat(200)), {
    maxLength: 120,
    size: "max",
  });
  fc.assert(
    fc.property(operations, (list) => {
      const table = new RequestTable();
      const queue = new PriorityQueue(table);
      let model: number[] = [];
      for (const [operation, priority, which] of list) {
        if (operation === "append") {
          const slot = table.add({ promptTokens: 1, outputTokens: 1, priority }, table.length, which % 3);
          queue.append(slot);
          model = [...model, slot].sort((a, b) => (table.isBefore(a, b) ? -1 : 1));
        } else if (operation === "take out") {
          const slot = model[which];
          expect(queue.remove(slot ?? table.length)).toBe(slot !== undefined);
          model = model.filter((other) => other !== slot);
        } else if (model.length > 0) {
          expect(queue.first()).toBe(model[0]);
          expect(queue.removeFirst()).toBe(model.shift());
        }
        expect(queue.length).toBe(model.length);
      }
      expect(model.map(() => queue.removeFirst())).toEqual(model);
    }),
    runs(200),
  );
});
