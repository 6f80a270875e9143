import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArrivalBins } from "../../src/traffic/arrival-bins.ts";
import { Heap } from "../../src/traffic/heap.ts";
import { PrefixTree } from "../../src/traffic/prefix-tree.ts";
import { RateTimeline } from "../../src/traffic/rate-timeline.ts";
import type { FollowUp, Request, Work } from "../../src/traffic/request.ts";
import { TokenCounts } from "../../src/traffic/token-counts.ts";
import { Unroller } from "../../src/traffic/unroller.ts";
import { runs } from "../runs.ts";

describe("counted tokens", () => {
  it("have the percentiles, the sum and the maximum of all that were added", () => {
    const tokens = fc.oneof(fc.nat(300), fc.nat(200_000), fc.integer({ min: 0, max: 5_000_000 }));
    fc.assert(
      fc.property(fc.array(tokens, { minLength: 1, maxLength: 200 }), (all) => {
        const counts = new TokenCounts();
        for (const one of all) counts.add(one);
        const sorted = [...all].sort((a, b) => a - b);
        const shares = [0, 0.01, 0.5, 0.9, 0.99, 1];
        const expected = shares.map((share) => sorted[Math.max(0, Math.ceil(share * all.length) - 1)]);
        expect(counts.percentiles(shares)).toEqual(expected);
        expect([counts.count, counts.total, counts.max]).toEqual([all.length, all.reduce((a, b) => a + b, 0), sorted.at(-1)]);
      }),
      runs(200),
    );
  });

  it("of none have no percentile but 0", () => {
    expect(new TokenCounts().percentile(0.5)).toBe(0);
  });
});

const times = fc
  .array(fc.double({ min: 0, max: 500, noNaN: true }), { minLength: 1, maxLength: 300 })
  .map((all) => [0, ...all.sort((a, b) => a - b)]);

describe("binned arrivals", () => {
  it("vary as the counts of all bins do that are full", () => {
    fc.assert(
      fc.property(times, (all) => {
        const bins = new ArrivalBins(10);
        for (const at of all) bins.add(at);
        const span = all.at(-1)!;
        const counts = Array.from({ length: Math.floor(span / 10) }, (_, i) => all.filter((at) => Math.floor(at / 10) === i).length);
        const found = bins.burstinessOrNull(span);
        expect(found === null).toBe(counts.length < 2);
        const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
        const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (counts.length - 1);
        const expected = { indexOfDispersion: variance / mean, peakToMean: Math.max(...counts) / mean };
        expect(found?.indexOfDispersion ?? 1).toBeCloseTo(found === null ? 1 : expected.indexOfDispersion, 9);
        expect(found?.peakToMean ?? 1).toBeCloseTo(found === null ? 1 : expected.peakToMean, 9);
      }),
      runs(100),
    );
  });

  it("make a timeline of at most 360 windows that has every arrival but those of the last", () => {
    fc.assert(
      fc.property(times, fc.constantFrom(0.01, 1, 1000, 100_000), (all, stretched) => {
        const timeline = new RateTimeline();
        for (const at of all) timeline.add(at * stretched);
        const span = all.at(-1)! * stretched;
        const { window, rates } = timeline.rates(span);
        expect(rates.length).toBeLessThanOrEqual(360);
        const expected = rates.map((_, i) => all.filter((at) => Math.floor((at * stretched) / window) === i).length / window);
        expect(rates).toEqual(expected);
        expect(rates.length).toBe(Math.max(1, Math.floor(span / window)));
      }),
      runs(100),
    );
  });
});

describe("what is due first", () => {
  it("comes out first, in order of time and then of number, whatever the order it went in", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (all) => {
        const heap = new Heap<string>();
        for (const [i, at] of all.entries()) heap.push(at, i, `${at}/${i}`);
        const expected = all.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at || a.i - b.i);
        expect(heap.size).toBe(all.length);
        expect(heap.nextAt).toBe(expected[0]?.at ?? Infinity);
        expect(all.map(() => heap.pop())).toEqual(expected.map(({ at, i }) => `${at}/${i}`));
        expect(heap.pop()).toBeUndefined();
      }),
      runs(100),
    );
  });

  it("among sessions' later requests and others is given in order of time, each once", () => {
    const chain = (thinks: readonly number[]): FollowUp | undefined => {
      const [thinkTime, ...others] = thinks;
      if (thinkTime === undefined) return undefined;
      const next = chain(others);
      return { thinkTime, promptTokens: 1, outputTokens: 1, ...(next === undefined ? {} : { next }) };
    };
    const sessions = fc.array(fc.tuple(fc.nat(50), fc.array(fc.nat(30), { maxLength: 4 })), { maxLength: 20 });
    fc.assert(
      fc.property(sessions, (all) => {
        const starts = [...all].sort(([a], [b]) => a - b);
        const unroller = new Unroller();
        const found: number[] = [];
        for (const [id, [arrivedAt, thinks]] of starts.entries()) {
          const next = chain(thinks);
          const request: Request = { id, arrivedAt, promptTokens: 1, outputTokens: 1, ...(next === undefined ? {} : { next }) };
          for (const due of unroller.until(request)) found.push(due.arrivedAt);
        }
        for (const due of unroller.rest()) found.push(due.arrivedAt);
        const expected = starts.flatMap(([start, thinks]) => thinks.reduce((at, think) => [...at, at.at(-1)! + think], [start]));
        expect(found).toEqual(expected.sort((a, b) => a - b));
      }),
      runs(100),
    );
  });
});

describe("prefix reuse", () => {
  const reuse = (...prompts: Work[]) => {
    const tree = new PrefixTree();
    for (const prompt of prompts) tree.add(prompt);
    return tree.reuseOrNull();
  };
  const prompt = (promptTokens: number, named: [id: number, tokens: number][], fields: Partial<Work> = {}): Work => ({
    promptTokens,
    outputTokens: 5,
    parts: named.map(([id, tokens]) => ({ id, tokens })),
    ...fields,
  });

  it("is not known where no prompt says what it is made of", () => {
    expect(reuse({ promptTokens: 5, outputTokens: 1 })).toBeNull();
  });

  it.each<[string, Work[], number]>([
    ["the same prompt again", [prompt(10, [[1, 10]]), prompt(10, [[1, 10]])], 10],
    ["nothing in common", [prompt(10, [[1, 10]]), prompt(10, [[2, 10]])], 0],
    [
      "a beginning in common",
      [
        prompt(10, [
          [1, 6],
          [2, 4],
        ]),
        prompt(10, [
          [1, 6],
          [3, 4],
        ]),
      ],
      6,
    ],
    [
      "a part that was longer",
      [
        prompt(10, [[1, 10]]),
        prompt(10, [
          [1, 6],
          [3, 4],
        ]),
      ],
      6,
    ],
    [
      "a part that was shorter",
      [
        prompt(10, [
          [1, 6],
          [2, 4],
        ]),
        prompt(10, [[1, 10]]),
      ],
      6,
    ],
    [
      "the same end after another beginning",
      [
        prompt(10, [
          [1, 6],
          [2, 4],
        ]),
        prompt(10, [
          [3, 6],
          [2, 4],
        ]),
      ],
      0,
    ],
    [
      "what comes after a part of another length",
      [
        prompt(10, [
          [1, 6],
          [2, 4],
        ]),
        prompt(10, [
          [1, 5],
          [2, 5],
        ]),
      ],
      5,
    ],
    ["tokens without a name", [prompt(10, [[1, 4]]), prompt(10, [[1, 4]])], 4],
    [
      "an answer that the next prompt repeats",
      [
        prompt(10, [[1, 10]], { outputId: 2 }),
        prompt(20, [
          [1, 10],
          [2, 5],
          [3, 5],
        ]),
      ],
      15,
    ],
    [
      "an answer after tokens without a name",
      [
        prompt(10, [[1, 9]], { outputId: 2 }),
        prompt(20, [
          [1, 9],
          [2, 5],
          [3, 6],
        ]),
      ],
      9,
    ],
  ])("%s", (_, prompts, tokens) => {
    const total = prompts.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
    expect(reuse(...prompts)).toEqual({ share: tokens / total, requests: tokens > 0 ? 1 : 0, of: prompts.length });
  });

  it("is what comparing each prompt with all before it, token by token, gives", () => {
    const cut = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 12 }), (all) => {
        // A part is the first tokens of an endless text of its own; it names what stands at its place, so a text is (path, offset).
        const spelled = all.map((named) => {
          let path = "";
          return named.flatMap(([id, tokens]) => {
            const here = `${path}/${id}`;
            path = `${here}:${tokens}`;
            return Array.from({ length: tokens }, (_, i) => `${here}@${i}`);
          });
        });
        let shared = 0;
        for (const [i, text] of spelled.entries()) {
          const common = spelled.slice(0, i).map((other) => text.findIndex((token, at) => token !== other[at]));
          shared += Math.max(0, ...common.map((at) => (at === -1 ? text.length : at)));
        }
        const total = spelled.reduce((sum, text) => sum + text.length, 0);
        const found = reuse(
          ...all.map((named) =>
            prompt(
              named.reduce((sum, [, tokens]) => sum + tokens, 0),
              named,
            ),
          ),
        );
        expect(found?.share).toBeCloseTo(shared / total, 12);
      }),
      runs(200),
    );
  });
});
