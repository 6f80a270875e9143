import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LeastOutstandingRouter } from "../../../src/fleet/router/least-outstanding.ts";
import type { RouterTarget } from "../../../src/fleet/router/router.ts";
import { runs } from "../../runs.ts";

const target = (id: number, outstanding: number): RouterTarget => ({ id, outstanding, kvUseAt: () => 0 });
const work = { promptTokens: 1, outputTokens: 1 };
const chosenBy = (router: LeastOutstandingRouter, limit = Infinity): number => router.choose({ id: 0, work, session: 0 }, 0, limit);

describe("the least-outstanding router", () => {
  it("chooses nobody in an empty fleet, nor when the last replica has gone", () => {
    const router = new LeastOutstandingRouter();
    expect(chosenBy(router)).toBe(-1);
    router.add(target(5, 0));
    expect(chosenBy(router)).toBe(5);
    router.remove(5);
    expect(chosenBy(router)).toBe(-1);
  });

  it("chooses nobody who holds as many as the limit", () => {
    const router = new LeastOutstandingRouter();
    router.add(target(1, 3));
    router.add(target(2, 2));
    expect([2, 3, 4].map((limit) => chosenBy(router, limit))).toEqual([-1, 2, 2]);
  });

  it("always chooses the least loaded, of equals the oldest", () => {
    const change = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant(Infinity)));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150, size: "max" }), (changes) => {
        const router = new LeastOutstandingRouter();
        const loads = Array.from({ length: 41 }, () => Infinity);
        for (const [replica, outstanding] of changes) {
          if (outstanding === Infinity) router.remove(replica);
          else router.changed(target(replica, outstanding));
          loads[replica] = outstanding;
          const least = Math.min(...loads);
          expect(chosenBy(router)).toBe(least === Infinity ? -1 : loads.indexOf(least));
        }
      }),
      runs(100),
    );
  });
});
