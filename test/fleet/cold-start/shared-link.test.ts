import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SharedLink } from "../../../src/fleet/cold-start/shared-link.ts";
import { runs } from "../../runs.ts";

const second = 1e9;

interface Load {
  readonly bytes: number;
  readonly at: number;
}

/** Lets loads join at their times and run to their ends. Gives the end of each, in nanoseconds. */
const endsOf = (link: SharedLink, loads: readonly Load[]): number[] => {
  const ends = loads.map(() => NaN);
  const waiting = loads.map((load, id) => ({ ...load, id })).sort((a, b) => a.at - b.at || a.id - b.id);
  while (waiting.length > 0 || link.transfers > 0) {
    const next = waiting[0];
    if (next !== undefined && next.at < link.endsAt) {
      link.join(next.id, next.bytes, next.at);
      waiting.shift();
    } else {
      const now = link.endsAt;
      for (const id of link.finish(now)) ends[id] = now;
    }
  }
  return ends;
};

describe("a link that transfers share", () => {
  it.each([1, 2, 3, 7, 40])("%i equal loads that begin together take as many times as long as one alone", (count) => {
    const loads = Array.from({ length: count }, () => ({ bytes: 15e9, at: 4 }));
    expect(endsOf(new SharedLink(3e9, 3e9), loads)).toEqual(loads.map(() => 4 + count * 5 * second));
  });

  it("gives each its own limit until together they want more than there is", () => {
    const loads = (count: number): Load[] => Array.from({ length: count }, () => ({ bytes: 8e9, at: 0 }));
    expect(endsOf(new SharedLink(2e9, 6e9), loads(3))).toEqual([4, 4, 4].map((at) => at * second));
    expect(endsOf(new SharedLink(2e9, 6e9), loads(4))).toEqual([16 / 3, 16 / 3, 16 / 3, 16 / 3].map((at) => Math.ceil(at * second)));
    expect(endsOf(new SharedLink(2e9, Infinity), loads(50)).every((at) => at === 4 * second)).toBe(true);
  });

  it("slows a load down from the instant another joins, and speeds it up when that one has ended", () => {
    const ends = endsOf(new SharedLink(1e9, 1e9), [
      { bytes: 10e9, at: 0 },
      { bytes: 2e9, at: 4 * second },
    ]);
    // 4 GB alone, 2 GB while the other loads its own, the last 4 GB alone.
    expect(ends).toEqual([12 * second, 8 * second]);
  });

  it("knows what a transfer that is broken off still wanted, and leaves the rest of the link to the others", () => {
    const link = new SharedLink(1e9, 1e9);
    link.join(0, 10e9, 0);
    link.join(1, 10e9, 0);
    expect(link.leave(0, 4 * second)).toBe(8e9);
    expect(link.leave(0, 4 * second)).toBe(0);
    expect(link.endsAt).toBe(12 * second);
  });

  it("stands still while it has no capacity", () => {
    const link = new SharedLink(1e9, 0);
    link.join(0, 1e9, 0);
    expect(link.endsAt).toBe(Infinity);
    link.setCapacity(5e8, 3 * second);
    expect(link.endsAt).toBe(5 * second);
  });

  const loads = fc.array(
    fc.record({
      bytes: fc.integer({ min: 0, max: 40_000_000_000 }),
      at: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000_000_000 })),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const rates = fc.record({
    limit: fc.integer({ min: 1_000_003, max: 5_000_000_000 }),
    capacity: fc.integer({ min: 1_000_003, max: 9_000_000_000 }),
  });

  it("never moves more than its capacity, never ends a load before it could be through, and never idles while one is under way", () => {
    fc.assert(
      fc.property(loads, rates, (given, { limit, capacity }) => {
        const ends = endsOf(new SharedLink(limit, capacity), given);
        for (const [i, { bytes, at }] of given.entries()) {
          expect(Number.isInteger(ends[i])).toBe(true);
          expect(((ends[i]! - at) * Math.min(limit, capacity)) / 1e9).toBeGreaterThanOrEqual(bytes - 1e-3);
        }
        // All that begins and ends within any stretch of time fits through the link in it.
        for (const { at: from } of given)
          for (const to of ends) {
            const inside = given.filter(({ at }, i) => at >= from && ends[i]! <= to).reduce((sum, { bytes }) => sum + bytes, 0);
            expect(inside).toBeLessThanOrEqual((Math.max(0, to - from) / 1e9) * capacity + 1e-3);
          }
        // Work conservation: without a limit of its own, a busy stretch is as long as its bytes take.
        const free = endsOf(new SharedLink(capacity, capacity), given);
        const order = given.map((load, i) => ({ ...load, end: free[i]! })).sort((a, b) => a.at - b.at);
        let busyUntil = 0;
        for (const { bytes, at } of order) busyUntil = Math.max(busyUntil, at) + (bytes / capacity) * 1e9;
        expect(Math.abs(Math.max(...free) - busyUntil)).toBeLessThan(2 * given.length + 1);
      }),
      runs(300),
    );
  });

  it("agrees with processor sharing in real numbers to a few nanoseconds", () => {
    fc.assert(
      fc.property(loads, rates, (given, { limit, capacity }) => {
        const exact = fluidEnds(given, limit, capacity);
        for (const [i, end] of endsOf(new SharedLink(limit, capacity), given).entries()) {
          expect(Math.abs(end - exact[i]!)).toBeLessThan(10 * given.length);
        }
      }),
      runs(300),
    );
  });
});

/** The same written as plainly as can be, in floating point. */
const fluidEnds = (given: readonly Load[], limit: number, capacity: number): number[] => {
  const left = given.map(({ bytes }) => bytes);
  const ends = given.map(() => NaN);
  let now = 0;
  while (ends.some(Number.isNaN)) {
    const active = given.flatMap(({ at }, i) => (at <= now && Number.isNaN(ends[i]) ? [i] : []));
    const rate = Math.min(limit, capacity / active.length) / 1e9;
    const nextJoin = Math.min(...given.flatMap(({ at }) => (at > now ? [at] : [])), Infinity);
    const nextEnd = Math.min(...active.map((i) => now + left[i]! / rate), Infinity);
    const next = Math.min(nextJoin, nextEnd);
    for (const i of active) {
      left[i]! -= rate * (next - now);
      if (left[i]! <= 1e-4) ends[i] = next;
    }
    now = next;
  }
  return ends;
};
