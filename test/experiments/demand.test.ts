import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { days, drawSteps, durationOf, meanLoad, peakLoad, rampTo, steady } from "../../src/experiments/demand.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { runs } from "../runs.ts";

describe("a demand", () => {
  it("that swings has its mean, its peak and its trough", () => {
    const day = days(2, 0.5, 1200, 2);
    expect(durationOf(day)).toBeCloseTo(2400, 9);
    expect(meanLoad(day)).toBeCloseTo(2, 12);
    expect(peakLoad(day)).toBeCloseTo(2 * (1 + 0.5 * (11 / 12)), 12);
    expect(Math.min(...day.steps.map(({ load }) => load))).toBeCloseTo(2 * (1 - 0.5 * (11 / 12)), 12);
  });

  it("that ramps rises by equal steps, and jumps where that takes no time", () => {
    const from = { for_s: 100, load: 1 };
    const to = { for_s: 100, load: 3 };
    expect(rampTo(from, to, 0).steps).toEqual([from, to]);
    expect(rampTo(from, to, 60).steps).toEqual([from, { for_s: 30, load: 1.5 }, { for_s: 30, load: 2.5 }, to]);
  });

  it("keeps its length and its mean with bursts, and without them draws nothing", () => {
    const bursts = { factor: 4, burst_s: 30, calm_s: 90 };
    const demand = {
      steps: [
        { for_s: 200_000, load: 1 },
        { for_s: 200_000, load: 3 },
      ],
      bursts,
    };
    fc.assert(
      fc.property(fc.nat(1000), (seed) => {
        const drawn = { steps: drawSteps(demand, createStreams(seed).named("bursts")) };
        expect(durationOf(drawn)).toBeCloseTo(400_000, 3);
        expect(meanLoad(drawn)).toBeGreaterThan(1.9);
        expect(meanLoad(drawn)).toBeLessThan(2.1);
        expect(peakLoad(drawn)).toBeCloseTo(peakLoad(demand), 9);
      }),
      runs(20),
    );
    const none = { uniform: () => expect.unreachable(), exponential: () => expect.unreachable() } as never;
    expect(drawSteps(steady(2, 60), none)).toEqual([{ for_s: 60, load: 2 }]);
  });
});
