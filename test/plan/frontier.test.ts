import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { smallestFixed } from "../../src/plan/fixed-capacity.ts";
import { frontierOf } from "../../src/plan/frontier.ts";
import { hybrids } from "../../src/plan/hybrid.ts";
import { verdictOf } from "../../src/plan/replications.ts";
import { sustainedRateOrNull } from "../../src/plan/sustained-rate.ts";
import { candidate } from "../report/samples.ts";
import { runs } from "../runs.ts";
import { question } from "./questions.ts";

describe("the frontier", () => {
  const points = fc.array(
    fc.record({ hours: fc.integer({ min: 1, max: 5 }), ttft: fc.integer({ min: 1, max: 5 }), events: fc.integer({ min: 0, max: 3 }) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  );

  it("marks just those that another beats: as good in all three and better in one", () => {
    fc.assert(
      fc.property(points, (all) => {
        const named = all.map(({ hours, ttft, events }, i) => ({
          name: `${i}`,
          candidate: candidate(1, ttft, { gpu_hours: hours, scale_events: events }),
        }));
        const frontier = frontierOf(named);
        expect(frontier.map(({ gpu_hours }) => gpu_hours)).toEqual(all.map(({ hours }) => hours).sort((a, b) => a - b));
        expect(frontier.some(({ is_dominated }) => !is_dominated)).toBe(true);
        for (const { name, is_dominated } of frontier) {
          const one = all[Number(name)]!;
          const beats = (other: (typeof all)[number]) =>
            other.hours <= one.hours &&
            other.ttft <= one.ttft &&
            other.events <= one.events &&
            JSON.stringify(other) !== JSON.stringify(one);
          expect(is_dominated).toBe(all.some(beats));
        }
      }),
      runs(100),
    );
  });
});

describe("a floor with an autoscaler on top", () => {
  it("is below the fixed answer, meets the objectives, and with one replica less on the floor would not", () => {
    const asked = question({ seeds: [1, 2, 3, 4] });
    const found = smallestFixed(asked);
    if (found.kind !== "found") throw new Error(found.because);
    const sustained = sustainedRateOrNull(asked, found.replicas, 20) ?? 0;
    const all = hybrids(asked, { replicas: found.replicas, sustained, meanRate: 20 });
    for (const { policy, replications } of all) {
      expect(policy.min_replicas).toBeLessThan(found.replicas);
      expect(policy.max_replicas).toBe(2 * found.replicas);
      expect(
        verdictOf(
          replications.map(({ counts }) => counts),
          asked.objectives,
        ),
      ).toBe("meets");
    }
    // Lower targets keep more replicas ready, so they can do with a floor that is no higher.
    const floors = all.map(({ policy }) => policy.min_replicas);
    expect(floors).toEqual([...floors].sort((a, b) => b - a));
  });
});
