import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStreams } from "../../src/sim/streams.ts";
import { diurnalRate } from "../../src/traffic/arrivals.ts";
import { cosineOfTurns } from "../../src/traffic/cosine.ts";
import { describeTraffic } from "../../src/traffic/describe.ts";
import { equilibriumGamma, equilibriumWeibull, lnGamma, unitGamma, unitWeibull } from "../../src/traffic/gaps.ts";
import { generate, type GeneratedTraffic } from "../../src/traffic/generate.ts";
import { trafficSchema, type TrafficOf } from "../../src/traffic/schema.ts";
import { runs } from "../runs.ts";

const one = { kind: "constant", tokens: 1 } as const;
const traffic = <Kind extends GeneratedTraffic["kind"]>(kind: Kind, fields: object): TrafficOf<Kind> =>
  trafficSchema.parse({ kind, prompt: one, output: one, ...fields }) as TrafficOf<Kind>;
const seconds = (of: GeneratedTraffic, seed: number): number[] =>
  Array.from(generate(of, createStreams(seed)), ({ arrivedAt }) => arrivedAt / 1e9);
const between = (times: readonly number[], from: number, until: number): number => times.filter((at) => at >= from && at < until).length;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]) => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
};
const seeds = () => fc.integer({ min: 0, max: 2 ** 31 });

describe("every generator", () => {
  it.each([
    ["gamma", traffic("gamma", { requests_per_s: 5, duration_s: 600, cv: 4 })],
    ["diurnal", traffic("diurnal", { requests_per_s: 5, duration_s: 600, day_s: 100 })],
    [
      "steps",
      traffic("steps", {
        steps: [
          { for_s: 300, requests_per_s: 2 },
          { for_s: 10, requests_per_s: 0 },
          { for_s: 290, requests_per_s: 9 },
        ],
      }),
    ],
  ])("%s: arrivals rise from 0, stay below the duration, and come again when begun anew", (_, of) => {
    fc.assert(
      fc.property(seeds(), (seed) => {
        const requests = generate(of, createStreams(seed));
        const times = Array.from(requests, ({ arrivedAt }) => arrivedAt);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times.every((at) => Number.isInteger(at) && at >= 0 && at <= 600e9)).toBe(true);
        expect(Array.from(requests, ({ id }) => id)).toEqual(times.map((_, i) => i));
        expect(Array.from(requests, ({ arrivedAt }) => arrivedAt)).toEqual(times);
      }),
      runs(5),
    );
  });

  it("makes requests as they are asked for: of an endless one the first can be had", () => {
    const endless = traffic("poisson", { requests_per_s: 1000, duration_s: 1e12 });
    const found: number[] = [];
    for (const { id } of generate(endless, createStreams(1))) if (found.push(id) === 3) break;
    expect(found).toEqual([0, 1, 2]);
  });
});

describe("gamma gaps", () => {
  it.each([0.3, 1, 3])("of cv %f: over long bins counts vary by cv² as much as their mean", (cv) => {
    const of = traffic("gamma", { requests_per_s: 100, duration_s: 40_000, cv });
    const { in60s, rate } = describeTraffic(generate(of, createStreams(11)));
    // The count of n requests has standard deviation cv·√n; an index of dispersion over b bins one of √(2/b) of itself.
    expect(Math.abs(rate! - 100)).toBeLessThan(4 * cv * Math.sqrt(100 / 40_000));
    expect(Math.abs(in60s!.indexOfDispersion / (cv * cv) - 1)).toBeLessThan(5 * Math.sqrt(2 / 666));
  });

  it("begin in the middle of things: the first seconds have as many requests as any other", () => {
    const of = traffic("gamma", { requests_per_s: 1, duration_s: 2, cv: 3 });
    const counts = Array.from({ length: runs(4000).numRuns }, (_, seed) => seconds(of, seed).length);
    expect(Math.abs(mean(counts) - 2)).toBeLessThan(5 * Math.sqrt(variance(counts) / counts.length));
  });
});

describe("gaps of mean 1", () => {
  it.each([
    ["gamma", 0.25, unitGamma, equilibriumGamma, 4],
    ["gamma", 4, unitGamma, equilibriumGamma, 0.25],
    ["Weibull", 0.7, unitWeibull, equilibriumWeibull, Math.exp(lnGamma(1 + 2 / 0.7) - 2 * lnGamma(1 + 1 / 0.7)) - 1],
    ["Weibull", 2, unitWeibull, equilibriumWeibull, 4 / Math.PI - 1],
  ])("%s of shape %f: mean, variance, and the mean of the first", (_, shape, gap, first, square) => {
    const stream = createStreams(5).named("gaps");
    const [gaps, firsts] = [gap, first].map((draw) => Array.from({ length: 100_000 }, () => draw(shape, stream)));
    const error = (values: readonly number[]) => 5 * Math.sqrt(variance(values) / values.length);
    expect(Math.abs(mean(gaps!) - 1)).toBeLessThan(error(gaps!));
    const squares = gaps!.map((value) => (value - 1) ** 2);
    expect(Math.abs(mean(squares) - square)).toBeLessThan(error(squares));
    // A process that has been going on for ever is met with (1 + cv²)/2 of a mean gap left.
    expect(Math.abs(mean(firsts!) - (1 + square) / 2)).toBeLessThan(error(firsts!));
  });

  it("rest on a gamma function that is right at whole and half numbers", () => {
    for (let n = 1, factorial = 1; n < 20; factorial *= n, n += 1) expect(lnGamma(n)).toBeCloseTo(Math.log(factorial), 11);
    expect(lnGamma(1.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI) / 2), 11);
    expect(lnGamma(101)).toBeCloseTo(363.739_375_555_563_5, 9);
  });
});

describe("a diurnal rate", () => {
  const of = traffic("diurnal", { requests_per_s: 2, duration_s: 86_400, swing: 0.8, peak_s: 50_400 });

  it("is highest at the peak, lowest half a day later, and the mean between them", () => {
    expect(diurnalRate(of, 50_400)).toBeCloseTo(3.6, 12);
    expect(diurnalRate(of, 50_400 + 43_200)).toBeCloseTo(0.4, 12);
    expect(diurnalRate(of, 50_400 + 21_600)).toBeCloseTo(2, 12);
  });

  it("has as many requests in each eighth of the day as its integral", () => {
    const times = seconds(of, 3);
    for (let eighth = 0; eighth < 8; eighth += 1) {
      const [from, until] = [eighth * 10_800, (eighth + 1) * 10_800];
      const turn = (at: number) => Math.sin((2 * Math.PI * (at - 50_400)) / 86_400);
      const expected = 2 * (10_800 + (0.8 * 86_400 * (turn(until) - turn(from))) / (2 * Math.PI));
      expect(Math.abs(between(times, from, until) - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
  });

  it("rests on a cosine that is right to the last digits", () => {
    fc.assert(
      fc.property(fc.double({ min: -20, max: 20, noNaN: true }), (turns) => {
        expect(Math.abs(cosineOfTurns(turns) - Math.cos(2 * Math.PI * turns))).toBeLessThan(1e-13);
      }),
      runs(500),
    );
    expect([0, 0.5, 1, 7.5].map(cosineOfTurns)).toEqual([1, -1, 1, -1]);
    expect(Math.abs(cosineOfTurns(0.25))).toBeLessThan(3e-16);
  });
});

describe("rates by steps", () => {
  it("have in each step as many requests as it asks for, and none where it asks for none", () => {
    const of = traffic("steps", {
      steps: [
        { for_s: 1000, requests_per_s: 2 },
        { for_s: 500, requests_per_s: 0 },
        { for_s: 1000, requests_per_s: 20 },
      ],
    });
    fc.assert(
      fc.property(seeds(), (seed) => {
        const times = seconds(of, seed);
        expect(Math.abs(between(times, 0, 1000) - 2000)).toBeLessThan(5 * Math.sqrt(2000));
        expect(between(times, 1000, 1500)).toBe(0);
        expect(Math.abs(between(times, 1500, 2500) - 20_000)).toBeLessThan(5 * Math.sqrt(20_000));
      }),
      runs(5),
    );
  });

  it("of one step are those of Poisson traffic", () => {
    const steps = seconds(traffic("steps", { steps: [{ for_s: 100, requests_per_s: 7 }] }), 4);
    const poisson = seconds(traffic("poisson", { requests_per_s: 7, duration_s: 100 }), 4);
    expect(steps.length).toBe(poisson.length);
    for (const [i, at] of steps.entries()) expect(at).toBeCloseTo(poisson[i]!, 6);
  });
});
