import { describe, expect, it } from "vitest";
import { BLOCK, conversationOf, copiesFor, replayedTrace, superpose } from "../../src/experiments/replayed-trace.ts";
import { createStreams } from "../../src/sim/streams.ts";
import type { Request } from "../../src/traffic/request.ts";
import { messageOf } from "../message-of.ts";

/** A request a second for 20 minutes, each with a length of its own, the first in the second minute. */
const requests = Array.from({ length: 1200 }, (_, id): Request => ({
  id,
  arrivedAt: (60 + id) * 1e9,
  promptTokens: 1 + id,
  outputTokens: 1,
  parts: [{ id: id % 7, tokens: 1 }],
}));
const trace = replayedTrace("minute.csv", requests);
const copies = (count: number, duration: number, seed = 1) => {
  const streams = createStreams(seed);
  return superpose(trace, count, duration, (copy) => streams.named(`copy-${copy}`));
};

describe("a trace that is replayed", () => {
  it("begins at 0 and goes round with the gap of its mean", () => {
    expect([trace.rate, trace.span]).toEqual([1, 1200e9]);
    expect(copiesFor(trace, 2.1)).toBe(3);
    expect(copiesFor(trace, 0.1)).toBe(1);
  });

  it("has its own rate once for each copy, in order of arrival, to the end and no further", () => {
    const played = copies(3, 3000);
    expect(played.length).toBeGreaterThan(8950);
    expect(played.length).toBeLessThan(9050);
    for (const [i, { arrivedAt }] of played.entries()) {
      expect(arrivedAt).toBeGreaterThanOrEqual(played[i - 1]?.arrivedAt ?? 0);
      expect(arrivedAt).toBeLessThan(3000e9);
    }
  });

  it("keeps what follows what within a block, round the trace's end", () => {
    const lengths = copies(1, 10 * BLOCK).map(({ promptTokens }) => promptTokens);
    const breaks = lengths.filter((tokens, i) => i > 0 && tokens !== (lengths[i - 1]! % 1200) + 1);
    expect(breaks.length).toBeLessThanOrEqual(9);
    expect(new Set(lengths).size).toBeGreaterThan(700);
  });

  it("is the same for the same seed, and another for another", () => {
    expect(copies(2, 900)).toEqual(copies(2, 900));
    expect(copies(2, 900, 2)).not.toEqual(copies(2, 900));
  });

  it("shares prefixes within a copy alone", () => {
    const names = new Set(copies(2, 900).map(({ parts }) => parts![0]!.id));
    expect([...names].sort((a, b) => a - b)).toEqual(Array.from({ length: 14 }, (_, i) => i));
  });

  it("knows which requests go on alike behind what many begin with, copy by copy", () => {
    const talks = requests.map((request) => ({
      ...request,
      parts: [
        { id: 0, tokens: 1 },
        { id: 1 + (request.id % 400), tokens: 1 },
      ],
    }));
    const spoken = replayedTrace("talks.csv", talks);
    expect([...spoken.common]).toEqual([0]);
    expect(conversationOf(spoken, talks[0]!)).toBe(conversationOf(spoken, talks[400]!));
    expect(conversationOf(spoken, talks[0]!)).not.toBe(conversationOf(spoken, talks[1]!));
    expect(conversationOf(spoken, { ...talks[0]!, parts: [] })).toBeNull();
    const streams = createStreams(1);
    const played = superpose(spoken, 2, 900, (copy) => streams.named(`copy-${copy}`));
    const groups = new Map(played.map((request) => [conversationOf(spoken, request), (request.promptTokens - 1) % 400]));
    expect(groups.size).toBeGreaterThan(400);
    for (const request of played) expect(groups.get(conversationOf(spoken, request))).toBe((request.promptTokens - 1) % 400);
  });

  it("is refused where it is shorter than two blocks", () => {
    expect(messageOf(() => replayedTrace("short.csv", requests.slice(0, 600)))).toMatchInlineSnapshot(
      `"InputError: short.csv: expected a trace of at least 10 minutes, from which blocks of 5 minutes are drawn, got 599 s. Give a longer one."`,
    );
    expect(messageOf(() => replayedTrace("none.csv", []))).toContain("got 0 s");
    expect(replayedTrace("just.csv", requests.slice(0, 601)).rate).toBe(1);
  });
});
