import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotHeap } from "../../../src/fleet/admission/slot-heap.ts";
import { runs } from "../../runs.ts";

describe("a heap of slots", () => {
  it.each([false, true])(
    "law: gives what a sorted list gives, whatever is taken out of it (last first among equals: %s)",
    (lastComesFirst) => {
      const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(40), fc.integer({ min: 0, max: 3 })), { maxLength: 120 });
      fc.assert(
        fc.property(steps, (all) => {
          const heap = new SlotHeap(lastComesFirst);
          let model: { slot: number; key: number; turn: number }[] = [];
          for (const [turn, [adds, slot, key]] of all.entries()) {
            const isIn = model.some((one) => one.slot === slot);
            expect(heap.has(slot)).toBe(isIn);
            if (isIn) {
              heap.remove(slot);
              model = model.filter((one) => one.slot !== slot);
            } else if (adds) {
              heap.add(slot, key);
              model.push({ slot, key, turn: lastComesFirst ? -turn : turn });
            }
            model.sort((a, b) => a.key - b.key || a.turn - b.turn);
            expect([heap.length, model.length === 0 || heap.first() === model[0]!.slot]).toEqual([model.length, true]);
          }
        }),
        runs(300),
      );
    },
  );
});
