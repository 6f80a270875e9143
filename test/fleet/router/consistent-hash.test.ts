import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConsistentHashPolicy } from "../../../src/fleet/router/consistent-hash.ts";
import { runs } from "../../runs.ts";
import { HandFleet, HandTarget } from "./targets.ts";

const ringOf = (replicas: number, loadFactor = 1.25, virtualNodes = 64, key: "prefix" | "session" = "session"): HandFleet =>
  new HandFleet(
    new ConsistentHashPolicy(key, loadFactor, virtualNodes),
    ...Array.from({ length: replicas }, (_, id) => new HandTarget(id)),
  );
const sessions = Array.from({ length: 300 }, (_, session) => session * 1_000_003);
/** Where each session goes while nobody has a load. */
const homesIn = (fleet: HandFleet): number[] => sessions.map((session) => fleet.choose({ session }));

describe("consistent hashing", () => {
  it("moves only the keys of the replica that goes, and back when it comes again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), (replicas, pick) => {
        const fleet = ringOf(replicas);
        const before = homesIn(fleet);
        const gone = pick % replicas;
        fleet.remove(gone);
        const after = homesIn(fleet);
        expect(after).not.toContain(gone);
        expect(after.map((home, i) => (before[i] === gone ? gone : home))).toEqual(before);
        fleet.add(new HandTarget(gone));
        expect(homesIn(fleet)).toEqual(before);
      }),
      runs(30),
    );
  });

  it("does not depend on the order in which replicas came", () => {
    const shuffled = new HandFleet(new ConsistentHashPolicy("session", 1.25, 64), ...[3, 0, 4, 1, 2].map((id) => new HandTarget(id)));
    expect(homesIn(shuffled)).toEqual(homesIn(ringOf(5)));
  });

  it("gives each of 4 replicas with 256 places about a quarter of the keys", () => {
    const homes = homesIn(ringOf(4, 1.25, 256));
    for (let id = 0; id < 4; id += 1)
      expect(Math.abs(homes.filter((home) => home === id).length / sessions.length - 0.25)).toBeLessThan(0.1);
  });

  it("never gives a replica more than the load factor times the mean, this request included, rounded up", () => {
    const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { maxLength: 200, size: "max" });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.constantFrom(1, 1.1, 1.25, 2), events, (replicas, factor, all) => {
        const fleet = ringOf(replicas, factor, 16);
        for (const [i, [session, leaves]] of all.entries()) {
          // Now and then a replica drains with all it holds, and a new one comes.
          if (i % 10 === 9) {
            fleet.remove(Math.min(...fleet.targets.keys()));
            fleet.add(new HandTarget(100 + i));
          }
          const leaver = [...fleet.targets.values()][i % replicas]!;
          if (leaves && leaver.outstanding > 0) fleet.change(leaver.id, { outstanding: leaver.outstanding - 1 });
          const { outstanding } = fleet.targets.get(fleet.give({ session }))!;
          const total = [...fleet.targets.values()].reduce((sum, target) => sum + target.outstanding, 0);
          expect(outstanding).toBeLessThanOrEqual(Math.ceil((factor * total) / replicas));
        }
      }),
      runs(100),
    );
  });

  it("sends a hot key to one replica as far as the bound allows, then always to the same next ones", () => {
    const fleet = ringOf(4, 1000);
    const home = fleet.give({ session: 1 });
    for (let i = 0; i < 20; i += 1) expect(fleet.give({ session: 1 })).toBe(home);
    const bounded = [ringOf(4, 1.25), ringOf(4, 1.25)].map((other) => Array.from({ length: 20 }, () => other.give({ session: 1 })));
    expect(bounded[0]).toEqual(bounded[1]);
    expect(bounded[0]![0]).toBe(home);
    expect(new Set(bounded[0])).toEqual(new Set([0, 1, 2, 3]));
  });

  it("by prefix, prompts with the same first part go together, and one without a part anywhere", () => {
    const fleet = ringOf(8, 1000, 64, "prefix");
    const homesOf = (parts: (i: number) => { id: number; tokens: number }[] | undefined): Set<number> =>
      new Set(
        Array.from({ length: 50 }, (_, i) => {
          const named = parts(i);
          return fleet.choose(named === undefined ? { session: 4 } : { session: i, parts: named });
        }),
      );
    expect(
      homesOf((i) => [
        { id: 9, tokens: 5 },
        { id: i, tokens: 3 },
      ]).size,
    ).toBe(1);
    expect(
      homesOf((i) => [
        { id: i, tokens: 5 },
        { id: 9, tokens: 3 },
      ]).size,
    ).toBe(8);
    expect(homesOf(() => undefined).size).toBe(8);
  });
});
