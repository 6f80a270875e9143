import { describe, expect, it } from "vitest";
import { Failures } from "../../../src/fleet/churn/failures.ts";
import { failuresSchema } from "../../../src/fleet/churn/settings.ts";
import { eventRank } from "../../../src/fleet/event-rank.ts";
import { EventQueue } from "../../../src/sim/event-queue.ts";

/** Times in seconds at which replicas that serve from time 0 are struck. */
const times = (settings: object, replicas: readonly number[], rank: number): number[] => {
  const events = new EventQueue();
  const failures = new Failures(failuresSchema.parse(settings), 7, events);
  for (const replica of replicas) failures.begin(replica, 0);
  const found = new Map<number, number>();
  while (events.pop()) {
    expect(
      rank === eventRank.failure ? failures.isFailing(events.sequence, events.now) : failures.isReclaimed(events.sequence, events.now),
    ).toBe(true);
    expect(events.rank).toBe(rank);
    found.set(events.sequence, events.now / 1e9);
  }
  return replicas.map((replica) => found.get(replica)!);
};

const many = Array.from({ length: 4000 }, (_, id) => id);
const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

describe("times between failures", () => {
  it("are exponential with their mean: five standard errors of 4000 draws are 8 %", () => {
    const drawn = times({ replica: { between: { kind: "exponential", mean_s: 1000 } } }, many, eventRank.failure);
    expect(Math.abs(meanOf(drawn) - 1000)).toBeLessThan(80);
    expect(drawn.filter((time) => time > 1000).length / 4000).toBeCloseTo(Math.exp(-1), 1);
  });

  it("are Weibull: 63 % have failed by the scale, and shape 2 has its mean at Γ(1.5) of it", () => {
    const drawn = times({ node: { between: { kind: "weibull", scale_s: 1000, shape: 2 } } }, many, eventRank.reclaim);
    expect(drawn.filter((time) => time <= 1000).length / 4000).toBeCloseTo(1 - Math.exp(-1), 1);
    expect(Math.abs(meanOf(drawn) - 886.2)).toBeLessThan(40);
  });

  it("of a replica are its own, whoever else is there", () => {
    const settings = { replica: { between: { kind: "exponential", mean_s: 1000 } } };
    expect(times(settings, [4], eventRank.failure)).toEqual(times(settings, [0, 1, 2, 3, 4], eventRank.failure).slice(4));
  });

  it("go on in the replica's stream after a failure, and a node's time is drawn once", () => {
    const events = new EventQueue();
    const between = { kind: "exponential", mean_s: 1000 };
    const failures = new Failures(failuresSchema.parse({ replica: { between }, node: { between } }), 7, events);
    failures.begin(0, 0);
    failures.waitAfter(0, 5);
    expect(failures.isFailing(0, Infinity)).toBe(true);
    failures.begin(0, 10);
    const due: number[] = [];
    while (events.pop()) due.push(events.rank);
    expect(due.filter((rank) => rank === eventRank.failure)).toHaveLength(2);
    expect(due.filter((rank) => rank === eventRank.reclaim)).toHaveLength(1);
  });

  it("are not drawn where nothing fails", () => {
    const events = new EventQueue();
    new Failures({}, 7, events).begin(0, 0);
    expect(events.length).toBe(0);
  });
});
