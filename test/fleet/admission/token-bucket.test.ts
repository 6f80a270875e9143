import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "../../../src/fleet/admission/token-bucket.ts";
import { runs } from "../../runs.ts";

const second = 1e9;

describe("a token bucket", () => {
  it("lets a burst through, and then as much as its rate", () => {
    const bucket = new TokenBucket(2, 3, 0);
    const at = [0, 0, 0, 0, 0.25, 0.5, 0.5, 1.5, 1.5, 1.5].map((time) => bucket.take(1, time * second, 0) / second);
    expect(at).toEqual([0, 0, 0, Infinity, Infinity, 0.5, Infinity, 1.5, 1.5, Infinity]);
  });

  it("says when there is enough, to those who wait for it, in the order in which they came", () => {
    const bucket = new TokenBucket(2, 1, 0);
    const patience = 1.2 * second;
    expect([0, 0, 0, 0].map((time) => bucket.take(1, time, patience) / second)).toEqual([0, 0.5, 1, Infinity]);
    expect(bucket.take(1, second, patience) / second).toBe(1.5);
  });

  it("never lets through more at once than it holds", () => {
    const bucket = new TokenBucket(10, 5, 0);
    expect(bucket.take(5.5, 100 * second, Infinity)).toBe(Infinity);
    expect(bucket.take(5, 100 * second, 0)).toBe(100 * second);
  });

  it("law: between any two instants lets through burst + rate × time at most, whoever waits", () => {
    const takes = fc.array(fc.tuple(fc.integer({ min: 0, max: 2e9 }), fc.double({ min: 0.1, max: 4, noNaN: true })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        takes,
        fc.constantFrom(0.1, 1, 30),
        fc.constantFrom(4, 9.5),
        fc.constantFrom(0, second, Infinity),
        (gaps, rate, burst, patience) => {
          const bucket = new TokenBucket(rate, burst, 0);
          const passed: { readonly at: number; readonly amount: number }[] = [];
          let now = 0;
          for (const [gap, amount] of gaps) {
            now += gap;
            const at = bucket.take(amount, now, patience);
            if (at < Infinity) passed.push({ at, amount });
          }
          for (const [i, from] of passed.entries()) {
            let sum = 0;
            for (const { at, amount } of passed.slice(i)) {
              sum += amount;
              expect(sum).toBeLessThanOrEqual(burst + (rate * (at - from.at)) / second + 1e-6);
            }
          }
        },
      ),
      runs(300),
    );
  });
});
