import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fenceposts, rolloutStep, type Rollout } from "../../../src/fleet/churn/rollout.ts";
import { runs } from "../../runs.ts";

describe("the limits of a rolling update", () => {
  it.each([
    // As Kubernetes documents 25 % of 10: 3 above, 2 missing.
    ["25%", "25%", 10, 3, 2],
    ["25%", "25%", 4, 1, 1],
    ["25%", "25%", 3, 1, 0],
    ["30%", "30%", 10, 3, 3],
    [2, 1, 10, 2, 1],
    [0, "10%", 5, 0, 1],
    ["0%", "25%", 3, 0, 1],
    ["100%", 0, 5, 5, 0],
  ])("surge %s and unavailable %s of %i: %i and %i", (surge, unavailable, wanted, above, missing) => {
    expect(fenceposts({ max_surge: surge, max_unavailable: unavailable }, wanted)).toEqual({ surge: above, unavailable: missing });
  });
});

const at = (wanted: number, oldReady: number, oldUnready: number, fresh: number, freshReady: number): Rollout => ({
  wanted,
  oldReady,
  oldUnready,
  fresh,
  freshReady,
});

describe("one pass of a rolling update", () => {
  it.each([
    ["begins with the surge and what may be missing", "25%", "25%", at(4, 4, 0, 0, 0), [1, 0, 0, 1]],
    ["fills the place of what it has stopped", "25%", "25%", at(4, 3, 0, 1, 0), [1, 0, 0, 0]],
    ["waits for readiness", "25%", "25%", at(4, 3, 0, 2, 0), [0, 0, 0, 0]],
    ["goes on when one is ready", "25%", "25%", at(4, 3, 0, 2, 1), [0, 0, 0, 1]],
    ["stops nothing before the new one is ready, where none may be missing", 1, 0, at(3, 3, 0, 0, 0), [1, 0, 0, 0]],
    ["stops one for each that is ready, where none may be missing", 1, 0, at(3, 3, 0, 1, 1), [0, 0, 0, 1]],
    ["stops first where there is no surge", 0, 1, at(3, 3, 0, 0, 0), [0, 0, 0, 1]],
    ["stops those that are not ready before those that are", 1, 1, at(4, 3, 1, 0, 0), [1, 0, 1, 0]],
    ["starts all that a scale-up wants", 1, 0, at(8, 2, 0, 2, 2), [5, 0, 0, 0]],
    ["stops the old ones on a scale-down", 1, 0, at(2, 3, 0, 1, 1), [0, 0, 0, 2]],
    ["stops new ones beyond the number wanted", 1, 0, at(1, 0, 0, 3, 3), [0, 2, 0, 0]],
    ["stops all where none is wanted", 1, 0, at(0, 2, 1, 1, 0), [0, 1, 1, 2]],
  ])("%s", (_, surge, unavailable, rollout, [start, stopFresh, stopOldUnready, stopOldReady]) => {
    expect(rolloutStep({ max_surge: surge, max_unavailable: unavailable }, rollout)).toEqual({
      start,
      stopFresh,
      stopOldUnready,
      stopOldReady,
    });
  });

  const portions = fc.oneof(
    fc.nat(5),
    fc.nat(100).map((share) => `${share}%`),
  );

  it("law: keeps within the surge and what may be missing, and goes on to the end as replicas become ready in any order", () => {
    fc.assert(
      fc.property(
        portions,
        portions,
        fc.integer({ min: 1, max: 12 }),
        fc.infiniteStream(fc.nat(3)),
        (surge, unavailable, wanted, ready) => {
          const settings = { max_surge: surge, max_unavailable: unavailable };
          const limits = fenceposts(settings, wanted);
          let [old, fresh, freshReady] = [wanted, 0, 0];
          let idle = 0;
          while (old > 0 || freshReady < wanted) {
            const step = rolloutStep(settings, at(wanted, old, 0, fresh, freshReady));
            old -= step.stopOldReady;
            fresh += step.start;
            expect(old + fresh).toBeLessThanOrEqual(wanted + limits.surge);
            expect(step.stopOldReady > 0 ? old + freshReady : wanted).toBeGreaterThanOrEqual(wanted - limits.unavailable);
            const next = Math.min(fresh, freshReady + ready.next().value);
            idle = next === freshReady && step.start + step.stopOldReady === 0 ? idle + 1 : 0;
            expect(idle).toBeLessThan(200);
            freshReady = next;
          }
          expect([fresh, freshReady]).toEqual([wanted, wanted]);
        },
      ),
      runs(300),
    );
  });
});
