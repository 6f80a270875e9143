import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breakingBurstOrNull, BURST_PRECISION } from "../../src/plan/stress/breaking-burst.ts";
import { busiestOrNull } from "../../src/plan/stress/busiest.ts";
import { Copies } from "../../src/traffic/copies.ts";
import { smallestFixed } from "../../src/plan/search/fixed-capacity.ts";
import { largestHeldOrNull } from "../../src/plan/stress/largest-held.ts";
import { amplified, grown, WINDOW } from "../../src/plan/stress/reshape.ts";
import { createStreams } from "../../src/sim/streams.ts";
import type { Request } from "../../src/traffic/request.ts";
import { runs } from "../runs.ts";
import { chat, question } from "./questions.ts";

const stream = (seed = 1) => createStreams(seed).named("reshape");

/** Requests at whole milliseconds, from calm to crowded. */
const traffic = fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 2, maxLength: 300 }).map((gaps): Request[] => {
  let arrivedAt = 3_000_000;
  return gaps.map((gap, id) => ({ id, arrivedAt: (arrivedAt += gap * 1_000_000), promptTokens: 1 + id, outputTokens: 1 }));
});

const perWindow = (requests: readonly Request[], first: number): number[] => {
  const counts: (number | undefined)[] = [];
  for (const { arrivedAt } of requests) {
    const place = Math.floor((arrivedAt - first) / (WINDOW * 1e9));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return Array.from(counts, (count = 0) => count);
};

const dispersion = (counts: readonly number[]): number => {
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length / mean;
};

describe("traffic with other bursts", () => {
  it("has as many requests as before, in order, within its span, each like one of its own window", () => {
    fc.assert(
      fc.property(traffic, fc.double({ min: 0, max: 4, noNaN: true }), fc.nat(), (requests, factor, seed) => {
        const shaped = amplified(requests, factor, stream(seed));
        const first = requests[0]!.arrivedAt;
        expect(shaped).toHaveLength(requests.length);
        shaped.forEach(({ id, arrivedAt, promptTokens }, i) => {
          expect(id).toBe(i);
          expect(arrivedAt).toBeGreaterThanOrEqual(shaped[i - 1]?.arrivedAt ?? first);
          expect(arrivedAt).toBeLessThanOrEqual(requests.at(-1)!.arrivedAt);
          const window = (time: number): number => Math.floor((time - first) / (WINDOW * 1e9));
          expect(window(arrivedAt)).toBe(window(requests[promptTokens - 1]!.arrivedAt));
        });
      }),
      runs(100),
    );
  });

  it("is the same traffic where nothing is amplified", () => {
    const requests = chat(20, 120)(1);
    expect(amplified(requests, 1, stream())).toEqual(requests);
  });

  it("is burstier the more they are amplified", () => {
    const requests = chat(20, 600)(1);
    const [calm, same, double] = [0.5, 1, 2].map((factor) =>
      dispersion(perWindow(amplified(requests, factor, stream()), requests[0]!.arrivedAt)),
    );
    expect(calm! / same!).toBeLessThan(0.5);
    expect(double! / same!).toBeGreaterThan(2);
  });
});

describe("more of the same traffic", () => {
  it("has so many times the requests in every window, to within rounding, in the same time", () => {
    fc.assert(
      fc.property(traffic, fc.double({ min: 1, max: 3, noNaN: true }), (requests, factor) => {
        const first = requests[0]!.arrivedAt;
        const before = perWindow(requests, first);
        const after = perWindow(grown(requests, factor, stream()), first);
        before.forEach((count, i) => expect(Math.abs((after[i] ?? 0) - factor * count)).toBeLessThanOrEqual(1 + 1e-6));
      }),
      runs(100),
    );
  });

  it("keeps all requests that were there", () => {
    const requests = chat(20, 60)(1);
    const more = grown(requests, 1.5, stream());
    const key = ({ arrivedAt, promptTokens }: Request): string => `${arrivedAt} ${promptTokens}`;
    const there = new Set(more.map(key));
    expect(requests.every((request) => there.has(key(request)))).toBe(true);
  });
});

describe("a copy of a request", () => {
  const requests: Request[] = [
    {
      id: 0,
      arrivedAt: 0,
      promptTokens: 30,
      outputTokens: 5,
      parts: [
        { id: 7, tokens: 10 },
        { id: 8, tokens: 10 },
      ],
      outputId: 9,
      session: 3,
      next: {
        promptTokens: 40,
        outputTokens: 5,
        thinkTime: 1,
        session: 3,
        parts: [
          { id: 7, tokens: 10 },
          { id: 8, tokens: 10 },
          { id: 9, tokens: 5 },
        ],
      },
    },
    { id: 1, arrivedAt: 5, promptTokens: 20, outputTokens: 5, parts: [{ id: 7, tokens: 10 }], session: 4 },
  ];

  it("shares what its original shares with others, and nothing that was the original's alone", () => {
    const copies = new Copies(requests);
    const [one, two] = [copies.of(requests[0]!, 8), copies.of(requests[0]!, 9)];
    const parts = (request: Request): number[] => (request.parts ?? []).map(({ id }) => id);
    expect([parts(one)[0], parts(two)[0]]).toEqual([7, 7]);
    expect(new Set([8, parts(one)[1], parts(two)[1], 9, one.outputId, two.outputId]).size).toBe(6);
    expect(new Set([3, 4, one.session, two.session]).size).toBe(4);
  });

  it("is a session of its own: its later requests begin with what its earlier ones made", () => {
    const copy = new Copies(requests).of(requests[0]!, 8);
    expect(copy.next?.parts?.map(({ id }) => id)).toEqual([7, copy.parts?.[1]?.id, copy.outputId]);
    expect(copy.next?.session).toBe(copy.session);
    expect(copy.next?.thinkTime).toBe(1);
  });
});

describe("the busiest window", () => {
  it("has at least the mean of the whole ones, and none where fewer than two are whole", () => {
    fc.assert(
      fc.property(traffic, fc.integer({ min: 1, max: 60 }), (requests, window) => {
        const busiest = busiestOrNull(requests, window);
        const span = (requests.at(-1)!.arrivedAt - requests[0]!.arrivedAt) / 1e9;
        const whole = Math.floor(span / window);
        expect(busiest === null).toBe(whole < 2);
        if (busiest === null) return;
        const inside = requests.filter(({ arrivedAt }) => arrivedAt >= busiest.from && arrivedAt < busiest.from + window * 1e9).length;
        expect(busiest.requests).toBe(inside);
        const within = requests.filter(({ arrivedAt }) => arrivedAt < requests[0]!.arrivedAt + whole * window * 1e9).length;
        expect(busiest.requests).toBeGreaterThanOrEqual(within / whole);
      }),
      runs(100),
    );
  });
});

describe("the largest factor that holds", () => {
  it("is within the precision below where it breaks, wherever that is", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), (breaks) => {
        const search = { from: 2, step: 2, precision: 0.05, least: 1 / 8, most: 64 };
        const held = largestHeldOrNull((factor) => factor <= breaks, search);
        expect([held === null, held === 0]).toEqual([breaks >= 64, breaks < 1 / 8]);
        if (held === null || held === 0) return;
        expect(held).toBeLessThanOrEqual(breaks);
        expect(held * 1.05).toBeGreaterThanOrEqual(breaks * (1 - 1e-12));
      }),
      runs(200),
    );
  });
});

describe("the burst that breaks an answer", () => {
  it("is larger with more replicas, and none where nothing breaks them", () => {
    const asked = question();
    const found = smallestFixed(asked);
    if (found.kind !== "found") throw new Error(found.because);
    const [at, more] = [found.replicas, 2 * found.replicas].map((replicas) => breakingBurstOrNull(asked, replicas, 20));
    expect(more! / at!).toBeGreaterThan(1 + BURST_PRECISION);
    expect(breakingBurstOrNull(question({ requestsOf: chat(0.2, 20) }), 4, 0.2)).toBeNull();
  });
});
