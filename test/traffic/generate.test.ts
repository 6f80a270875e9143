import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStreams, type Streams } from "../../src/sim/streams.ts";
import { burstyRates } from "../../src/traffic/arrivals.ts";
import { describeTraffic } from "../../src/traffic/describe.ts";
import { generate as requestsOf, type GeneratedTraffic } from "../../src/traffic/generate.ts";
import { NO_DATA } from "../../src/traffic/data.ts";
import { lengthSampler } from "../../src/traffic/lengths.ts";
import type { Request } from "../../src/traffic/request.ts";
import { trafficSchema } from "../../src/traffic/schema.ts";
import { runs } from "../runs.ts";

const one = { kind: "constant", tokens: 1 } as const;
const chat = { kind: "log-normal", p50_tokens: 1000, p99_tokens: 4000, max_tokens: 8000 } as const;
const poisson = (fields: object = {}): GeneratedTraffic =>
  trafficSchema.parse({ kind: "poisson", requests_per_s: 5, duration_s: 1000, prompt: one, output: one, ...fields }) as GeneratedTraffic;
const bursty = (fields: object = {}) =>
  trafficSchema.parse({ kind: "bursty", requests_per_s: 5, duration_s: 1000, prompt: one, output: one, ...fields }) as Extract<
    GeneratedTraffic,
    { kind: "bursty" }
  >;
const generate = (traffic: GeneratedTraffic, streams: Streams): Request[] => [...requestsOf(traffic, streams)];
const seeds = () => fc.integer({ min: 0, max: 2 ** 31 });
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("generated arrivals", () => {
  it.each([
    ["Poisson", poisson()],
    ["bursty", bursty()],
  ])("%s: they rise from 0, stay below the duration, and are numbered in order", (_, traffic) => {
    fc.assert(
      fc.property(seeds(), (seed) => {
        const requests = generate(traffic, createStreams(seed));
        for (const [i, { id, arrivedAt }] of requests.entries()) {
          expect(id).toBe(i);
          expect(Number.isInteger(arrivedAt)).toBe(true);
          expect(arrivedAt).toBeGreaterThanOrEqual(requests[i - 1]?.arrivedAt ?? 0);
          expect(arrivedAt).toBeLessThanOrEqual(1000e9);
        }
      }),
      runs(5),
    );
  });

  it("Poisson: the number of arrivals is within five standard deviations of rate × duration", () => {
    fc.assert(
      fc.property(seeds(), fc.double({ min: 0.5, max: 20, noNaN: true }), (seed, rate) => {
        const { length } = generate(poisson({ requests_per_s: rate }), createStreams(seed));
        expect(Math.abs(length - rate * 1000)).toBeLessThan(5 * Math.sqrt(rate * 1000));
      }),
      runs(20),
    );
  });

  it.each([
    ["Poisson", poisson({ duration_s: 20_000 })],
    ["bursty without a burst", bursty({ duration_s: 20_000, burst_factor: 1 })],
  ])("%s: counts in 10 s bins vary as much as their mean", (_, traffic) => {
    fc.assert(
      fc.property(seeds(), (seed) => {
        const { indexOfDispersion } = describeTraffic(generate(traffic, createStreams(seed))).in10s!;
        expect(Math.abs(indexOfDispersion - 1)).toBeLessThan(5 * Math.sqrt(2 / 2000));
      }),
      runs(5),
    );
  });

  it("bursty: calm and burst rates average to the mean rate over their mean lengths", () => {
    const traffic = bursty({ burst_factor: 7, burst_s: 20, calm_s: 180 });
    const { calm, burst } = burstyRates(traffic);
    expect(burst / calm).toBeCloseTo(7, 12);
    expect((20 * burst + 180 * calm) / 200).toBeCloseTo(5, 12);
  });

  it("bursty: over many seeds, mean and variance of a count are those of the process in equilibrium", () => {
    const traffic = bursty({ duration_s: 60 });
    const { calm, burst } = burstyRates(traffic);
    const share = traffic.burst_s / (traffic.burst_s + traffic.calm_s);
    // Var N(t) = m·t + 2·v/a²·(a·t − 1 + e^(−a·t)): v is the variance of the rate, a the rate at which it forgets (1/burst_s + 1/calm_s).
    const forgets = 1 / traffic.burst_s + 1 / traffic.calm_s;
    const rateVariance = share * (1 - share) * (burst - calm) ** 2;
    const variance = 5 * 60 + ((2 * rateVariance) / forgets ** 2) * (forgets * 60 - 1 + Math.exp(-forgets * 60));
    const counts = Array.from({ length: runs(3000).numRuns }, (_, seed) => generate(traffic, createStreams(seed)).length);
    const found = mean(counts);
    const squares = counts.map((count) => (count - found) ** 2);
    const standardError = (values: readonly number[]) =>
      Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)) / values.length);
    expect(Math.abs(found - 5 * 60)).toBeLessThan(4 * standardError(counts));
    expect(Math.abs(mean(squares) - variance)).toBeLessThan(4 * standardError(squares));
  });
});

describe("generated lengths", () => {
  it("have the median and the 99th percentile asked for", () => {
    const { promptTokens } = describeTraffic(generate(poisson({ duration_s: 10_000, prompt: chat }), createStreams(1)));
    expect(promptTokens.p50).toBeGreaterThan(980);
    expect(promptTokens.p50).toBeLessThan(1020);
    expect(promptTokens.p99).toBeGreaterThan(3850);
    expect(promptTokens.p99).toBeLessThan(4150);
    expect(promptTokens.max).toBeLessThanOrEqual(8000);
  });

  it("are whole, at least 1 and at most max_tokens, whatever the distribution", () => {
    const distributions = fc
      .tuple(
        fc.double({ min: 0.1, max: 1000, noNaN: true }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        fc.double({ min: 1, max: 100, noNaN: true }),
      )
      .map(([p50, spread, room]) => ({
        kind: "log-normal" as const,
        p50_tokens: p50,
        p99_tokens: p50 * spread,
        max_tokens: Math.ceil(p50 * room),
      }));
    fc.assert(
      fc.property(seeds(), distributions, (seed, distribution) => {
        const tokens = lengthSampler(distribution, "prompts", NO_DATA)(() => createStreams(seed).named("lengths"));
        expect(Number.isInteger(tokens)).toBe(true);
        expect(tokens).toBeGreaterThanOrEqual(1);
        expect(tokens).toBeLessThanOrEqual(distribution.max_tokens);
      }),
      runs(200),
    );
  });

  it("draw nothing where they are constant", () => {
    expect(
      lengthSampler(
        { kind: "constant", tokens: 7 },
        "prompts",
        NO_DATA,
      )(() => {
        throw new Error("drew");
      }),
    ).toBe(7);
  });

  it.each([
    ["p99_tokens below p50_tokens", { p99_tokens: 10 }],
    ["max_tokens below p50_tokens", { max_tokens: 10 }],
    ["p50_tokens of nothing", { p50_tokens: 0 }],
  ])("are refused with %s", (_, fields) => {
    expect(trafficSchema.safeParse({ ...poisson(), prompt: { ...chat, ...fields } }).success).toBe(false);
  });
});

describe("one seed", () => {
  it("gives the same requests again", () => {
    const traffic = bursty({ prompt: chat, output: chat });
    expect(generate(traffic, createStreams(3))).toEqual(generate(traffic, createStreams(3)));
    expect(generate(traffic, createStreams(4))).not.toEqual(generate(traffic, createStreams(3)));
  });

  it("keeps arrivals and outputs where only the prompts are drawn otherwise", () => {
    const plain = generate(bursty({ output: chat }), createStreams(3));
    const drawn = generate(bursty({ prompt: chat, output: chat }), createStreams(3));
    expect(drawn.map(({ arrivedAt, outputTokens }) => [arrivedAt, outputTokens])).toEqual(
      plain.map(({ arrivedAt, outputTokens }) => [arrivedAt, outputTokens]),
    );
  });

  it("keeps each request's lengths at another rate, and only stretches the gaps", () => {
    const slow = generate(poisson({ prompt: chat }), createStreams(3));
    const fast = generate(poisson({ prompt: chat, requests_per_s: 10 }), createStreams(3));
    expect(fast.slice(0, slow.length).map(({ promptTokens }) => promptTokens)).toEqual(slow.map(({ promptTokens }) => promptTokens));
    expect(fast[99]!.arrivedAt / slow[99]!.arrivedAt).toBeCloseTo(0.5, 6);
  });
});
