import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LeastOutstandingRouter } from "../../src/fleet/router.ts";
import { runs } from "../runs.ts";

describe("the least-outstanding router", () => {
  it("chooses nobody in an empty fleet, nor when the last replica has gone", () => {
    const router = new LeastOutstandingRouter();
    expect(router.choose()).toBe(-1);
    router.set(5, 0);
    expect(router.choose()).toBe(5);
    router.set(5, Infinity);
    expect(router.choose()).toBe(-1);
  });

  it("always chooses the least loaded, of equals the oldest", () => {
    const change = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant(Infinity)));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150, size: "max" }), (changes) => {
        const router = new LeastOutstandingRouter();
        const loads = Array.from({ length: 41 }, () => Infinity);
        for (const [replica, outstanding] of changes) {
          router.set(replica, outstanding);
          loads[replica] = outstanding;
          const least = Math.min(...loads);
          expect(router.choose()).toBe(least === Infinity ? -1 : loads.indexOf(least));
        }
      }),
      runs(100),
    );
  });
});
