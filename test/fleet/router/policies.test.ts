import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConsistentHashPolicy } from "../../../src/fleet/router/consistent-hash.ts";
import { LeastKvPolicy } from "../../../src/fleet/router/least-kv.ts";
import { LeastOutstandingPolicy } from "../../../src/fleet/router/least-outstanding.ts";
import type { RoutingPolicy } from "../../../src/fleet/router/policy.ts";
import { PowerOfTwoPolicy } from "../../../src/fleet/router/power-of-two.ts";
import { PrefixAwarePolicy } from "../../../src/fleet/router/prefix-aware.ts";
import { RandomPolicy } from "../../../src/fleet/router/random.ts";
import { RoundRobinPolicy } from "../../../src/fleet/router/round-robin.ts";
import { SessionAffinityPolicy } from "../../../src/fleet/router/session-affinity.ts";
import { createStreams } from "../../../src/sim/streams.ts";
import { runs } from "../../runs.ts";
import { apply, changes, HandFleet, HandTarget } from "./targets.ts";

const stream = () => createStreams(7).named("router");
const prefixAware = { prefixWeight: 3, queueWeight: 2, kvWeight: 2, blockSize: 4, maxBlocks: 8, capacity: 16 };

const policies: readonly [string, () => RoutingPolicy][] = [
  ["random", () => new RandomPolicy(stream())],
  ["round robin", () => new RoundRobinPolicy()],
  ["least outstanding", () => new LeastOutstandingPolicy()],
  ["power of two", () => new PowerOfTwoPolicy(stream())],
  ["least KV", () => new LeastKvPolicy(stream())],
  ["prefix-aware", () => new PrefixAwarePolicy(prefixAware, stream())],
  ["session affinity", () => new SessionAffinityPolicy(10)],
  ["consistent hashing by prefix", () => new ConsistentHashPolicy("prefix", 1.25, 16)],
  ["consistent hashing by session", () => new ConsistentHashPolicy("session", 1, 16)],
];

describe.each(policies)("every policy: %s", (_name, create) => {
  it("chooses nobody in an empty fleet, where all are full, and when the last has gone", () => {
    const fleet = new HandFleet(create());
    expect(fleet.choose()).toBe(-1);
    fleet.add(new HandTarget(5));
    expect(fleet.choose()).toBe(5);
    fleet.change(5, { isFull: true });
    expect(fleet.choose()).toBe(-1);
    fleet.change(5, { isFull: false });
    expect(fleet.choose()).toBe(5);
    fleet.remove(5);
    expect(fleet.choose()).toBe(-1);
  });

  it("chooses a replica that is there and not full, if there is one, whatever came, went and filled", () => {
    const work = fc.record({ session: fc.integer({ min: 0, max: 3 }), part: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(changes(), fc.array(work, { minLength: 1, maxLength: 5 }), (all, works) => {
        const fleet = new HandFleet(create());
        for (const [i, change] of all.entries()) {
          apply(fleet, change);
          // A full replica holds more than any that is not, since the limit is the same for all.
          const most = Math.max(0, ...fleet.open.map(({ outstanding }) => outstanding));
          for (const target of fleet.targets.values()) if (target.isFull) fleet.change(target.id, { outstanding: most + 1 });
          const { session, part } = works[i % works.length]!;
          const chosen = fleet.choose({ session, parts: [{ id: part, tokens: 20 }] });
          const open = fleet.open.map(({ id }) => id);
          expect(open.length === 0 ? [-1] : open).toContain(chosen);
        }
      }),
      runs(40),
    );
  });
});

describe("random", () => {
  it("chooses each of 5 replicas with the same chance (chi-squared below 18.5, its 99.9 % quantile)", () => {
    const fleet = new HandFleet(new RandomPolicy(stream()), ...[0, 3, 4, 17, 100].map((id) => new HandTarget(id)));
    const times = new Map<number, number>();
    for (let i = 0; i < 5000; i += 1) {
      const id = fleet.choose();
      times.set(id, (times.get(id) ?? 0) + 1);
    }
    const chiSquared = [...times.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect([times.size, chiSquared < 18.5]).toEqual([5, true]);
  });
});

describe("round robin", () => {
  it("takes one after another in order of creation, and passes over what is full or gone", () => {
    const fleet = new HandFleet(new RoundRobinPolicy(), ...[2, 0, 20].map((id) => new HandTarget(id)));
    const next = (times: number): number[] => Array.from({ length: times }, () => fleet.choose());
    expect(next(4)).toEqual([0, 2, 20, 0]);
    fleet.change(2, { isFull: true });
    expect(next(3)).toEqual([20, 0, 20]);
    fleet.remove(20);
    fleet.change(2, { isFull: false });
    fleet.add(new HandTarget(70));
    expect(next(4)).toEqual([70, 0, 2, 70]);
  });
});

describe("power of two", () => {
  it("never chooses the worse of the two that it draws, and draws two different ones", () => {
    fc.assert(
      fc.property(changes(), (all) => {
        const fleet = new HandFleet(new PowerOfTwoPolicy(stream()));
        const draws = stream();
        for (const change of all) {
          apply(fleet, change);
          const { open } = fleet;
          if (open.length < 2) continue;
          const first = Math.floor(draws.uniform() * open.length);
          const [a] = open.splice(first, 1);
          const b = open[Math.floor(draws.uniform() * open.length)]!;
          expect(fleet.choose()).toBe(b.outstanding < a!.outstanding ? b.id : a!.id);
        }
      }),
      runs(100),
    );
  });

  it("never chooses the most loaded of all", () => {
    const fleet = new HandFleet(
      new PowerOfTwoPolicy(stream()),
      ...[5, 9, 1, 3].map((outstanding, id) => new HandTarget(id, { outstanding })),
    );
    const chosen = new Set(Array.from({ length: 200 }, () => fleet.choose()));
    expect(chosen).toEqual(new Set([0, 2, 3]));
  });
});

describe("least KV", () => {
  it.each([
    ["the emptiest", [0.5, 0.1, 0.3], [1]],
    ["one of equals", [0.5, 0.1, 0.1], [1, 2]],
    ["the only one that is not full", [0.5, NaN, NaN], [0]],
  ])("chooses %s", (_, kvUses, expected) => {
    const targets = kvUses.map((kvUse, id) => new HandTarget(id, { kvUse, isFull: Number.isNaN(kvUse) }));
    const fleet = new HandFleet(new LeastKvPolicy(stream()), ...targets);
    const chosen = new Set(Array.from({ length: 50 }, () => fleet.choose()));
    expect(chosen).toEqual(new Set(expected));
  });
});

describe("session affinity", () => {
  const sessionsOf = (limit: number) => new HandFleet(new SessionAffinityPolicy(limit), ...[0, 1, 2].map((id) => new HandTarget(id)));

  it("keeps a session where it is, however loaded, while its replica is there and not full", () => {
    const fleet = sessionsOf(10);
    const home = fleet.give({ session: 50 });
    fleet.change(home, { outstanding: 100 });
    expect(fleet.give({ session: 50 })).toBe(home);
    expect(fleet.give({ session: 51 })).not.toBe(home);
  });

  it("moves a session whose replica is full or gone to the least loaded, where it stays", () => {
    const fleet = sessionsOf(10);
    const home = fleet.give({ session: 50 });
    fleet.change(home, { isFull: true });
    const second = fleet.give({ session: 50 });
    expect(second).not.toBe(home);
    fleet.change(home, { isFull: false, outstanding: 0 });
    expect(fleet.give({ session: 50 })).toBe(second);
    fleet.remove(second);
    expect(fleet.give({ session: 50 })).toBe(home);
  });

  it("knows a session from its first request on, although that names none", () => {
    const fleet = sessionsOf(10);
    const home = fleet.choose({ next: { thinkTime: 1, promptTokens: 2, outputTokens: 1 } });
    fleet.change(home, { outstanding: 9 });
    expect(fleet.choose({ session: 0 })).toBe(home);
  });

  it.each([
    [1, true],
    [2, true],
    [4, false],
  ])("remembers 2 sessions at least and 4 at most: after %i others, %s", (others, isRemembered) => {
    const fleet = sessionsOf(2);
    const home = fleet.choose({ session: 50 });
    for (let i = 0; i < others; i += 1) fleet.choose({ session: i });
    fleet.change(home, { outstanding: 9 });
    expect(fleet.choose({ session: 50 }) === home).toBe(isRemembered);
  });
});

describe("prefix-aware", () => {
  const four = () => [0, 1, 2, 3].map((id) => new HandTarget(id));
  const part = (id: number, tokens: number) => ({ id, tokens });

  it("with no weight on load always chooses the longest match", () => {
    const prompts = fc.array(fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 9 })), { maxLength: 4 }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(prompts, changes(), (all, loads) => {
        const options = { ...prefixAware, queueWeight: 0, kvWeight: 0, capacity: 1000, maxBlocks: 1000 };
        const fleet = new HandFleet(new PrefixAwarePolicy(options, stream()), ...four());
        const sent = new Map<number, string[][]>([0, 1, 2, 3].map((id) => [id, []]));
        for (const [i, parts] of all.entries()) {
          const { id, seen } = loads[i] ?? { id: 0, seen: null };
          if (seen !== null) fleet.change(id % 4, { ...seen, isFull: false });
          const tokens = parts.flatMap(([name, length]) => Array.from({ length }, (_, at) => `${name}.${at}`));
          // Half a block of the prompt's own at the end.
          const own = [`own ${i}.0`, `own ${i}.1`];
          const prompt = [...tokens, ...own];
          const blocks = Math.floor(prompt.length / 4);
          const matchOf = (target: number): number => {
            const common = sent.get(target)!.map((other) => {
              let length = 0;
              while (length < prompt.length && other[length] === prompt[length]) length += 1;
              return Math.min(blocks, Math.floor(length / 4));
            });
            return Math.max(0, ...common);
          };
          const chosen = fleet.choose({ promptTokens: prompt.length, parts: parts.map(([name, length]) => part(name, length)) });
          expect(matchOf(chosen)).toBe(Math.max(...[0, 1, 2, 3].map(matchOf)));
          sent.get(chosen)!.push(prompt);
        }
      }),
      runs(100),
    );
  });

  // Replica 0 was sent the whole prompt of 4 blocks. Its score is 3 × match + 2 × queue + 2 × (1 − KV use).
  it.each([
    ["a match of the whole prompt is worth more than an empty queue", 16, { waiting: 5 }, 0],
    ["a match of the whole prompt is worth more than an empty cache", 16, { kvUse: 0.99 }, 0],
    ["both together are worth more", 16, { waiting: 5, kvUse: 0.51 }, 1],
    ["up to half the cache the match is worth more", 16, { waiting: 5, kvUse: 0.49 }, 0],
    ["half a match is worth less than an empty queue", 8, { waiting: 5 }, 1],
    ["half a match is worth more where nobody waits", 8, { kvUse: 0.7 }, 0],
    ["and less where the cache is fuller than that", 8, { kvUse: 0.8 }, 1],
    ["requests that run do not count", 8, { outstanding: 50 }, 0],
  ])("%s", (_, shared, seen, expected) => {
    const fleet = new HandFleet(new PrefixAwarePolicy(prefixAware, stream()), new HandTarget(0));
    fleet.choose({ promptTokens: 16, parts: [part(7, 16)] });
    fleet.add(new HandTarget(1));
    fleet.change(0, seen);
    expect(fleet.choose({ promptTokens: 16, parts: [part(7, shared)] })).toBe(expected);
  });

  it("does not look behind its limit of blocks", () => {
    const options = { ...prefixAware, maxBlocks: 2, queueWeight: 0, kvWeight: 0 };
    const fleet = new HandFleet(new PrefixAwarePolicy(options, stream()), new HandTarget(0));
    fleet.choose({ promptTokens: 16, parts: [part(1, 8), part(2, 8)] });
    fleet.add(new HandTarget(1));
    fleet.change(0, { isFull: true });
    fleet.choose({ promptTokens: 16, parts: [part(1, 8), part(3, 8)] });
    fleet.change(0, { isFull: false });
    const chosen = Array.from({ length: 50 }, () => fleet.choose({ promptTokens: 16, parts: [part(1, 8), part(2, 8)] }));
    expect(new Set(chosen)).toEqual(new Set([0, 1]));
  });

  it("forgets a replica that is gone, and draws where nothing tells replicas apart", () => {
    const fleet = new HandFleet(new PrefixAwarePolicy(prefixAware, stream()), ...four());
    const chosen = new Set(Array.from({ length: 100 }, (_, i) => fleet.choose({ parts: [part(i, 20)] })));
    expect(chosen).toEqual(new Set([0, 1, 2, 3]));
    const home = fleet.choose({ parts: [part(3, 64)] });
    fleet.remove(home);
    fleet.add(new HandTarget(home, { kvUse: 0.01 }));
    expect(fleet.choose({ parts: [part(3, 64)] })).not.toBe(home);
  });
});
