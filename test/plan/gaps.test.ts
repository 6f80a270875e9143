import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RequestRecord } from "../../src/fleet/config.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { countOfOne, isWithin } from "../../src/plan/objectives/counts.ts";
import { GapMeter, type CountedRecord } from "../../src/plan/objectives/gaps.ts";
import { pooledPercentileOrNull } from "../../src/plan/objectives/latencies.ts";
import { objectivesOf, type LatencyObjective } from "../../src/plan/objectives/objectives.ts";
import { replicate, resultsOf } from "../../src/plan/search/replications.ts";
import { runs } from "../runs.ts";
import { chat, question } from "./questions.ts";

const gapsWithin = (limit: number, percentile: "p50" | "p99" = "p99"): LatencyObjective =>
  objectivesOf({ ttft_p99_s: Infinity, tpot_p99_s: Infinity, [`itl_${percentile}_s`]: limit })[0] as LatencyObjective;

const MS = 1e6;
/** A request whose tokens come at these milliseconds. */
const record = (tokensAt: readonly number[], fields: Partial<RequestRecord> = {}): RequestRecord => ({
  id: 0,
  origin: 0,
  turn: 0,
  arrivedAt: 0,
  attempts: 1,
  reason: null,
  notSent: 0,
  promptTokens: 10,
  outputTokens: tokensAt.length,
  priority: 0,
  state: "finished",
  firstTokenAt: tokensAt[0]! * MS,
  lastTokenAt: tokensAt.at(-1)! * MS,
  preemptions: 0,
  tokensAt: Float64Array.from(tokensAt, (at) => at * MS),
  ...fields,
});

describe("gaps between tokens", () => {
  const short = record([500, 510, 520, 620]); // 10, 10, 100 ms
  const long = record([40, 60, 80, 100, 120, 140, 160]); // six of 20 ms
  const meterOf = (objective: LatencyObjective, records: readonly RequestRecord[]) => {
    const meter = new GapMeter([objective]);
    const counted = records.map((each) => meter.take(each));
    return { counted, times: [...meter.times().values()][0]! };
  };

  it("of two requests are one population: the wait for the first token is none of them", () => {
    const { times, counted } = meterOf(gapsWithin(0.02), [short, long]);
    expect(times.beyond(0.02)).toEqual({ bad: 1, of: 9 });
    expect([0.2, 0.5, 0.88, 0.99].map((share) => pooledPercentileOrNull([times], share))).toEqual([0.01, 0.02, 0.02, 0.1]);
    expect(counted.map(({ gapsBeyond }) => gapsBeyond!.get(0.02))).toEqual([1, 0]);
    expect(counted.every(({ tokensAt }) => tokensAt === undefined)).toBe(true);
  });

  it("of several runs have the percentile of all of them", () => {
    const sets = [short, long, record([0, 400])].map((each) => meterOf(gapsWithin(0.02), [each]).times);
    expect([0.5, 0.9, 0.99].map((share) => pooledPercentileOrNull(sets, share))).toEqual([0.02, 0.1, 0.4]);
  });

  it("of a request that does not finish never end, and one of a single token has none", () => {
    const lost = record([1, 2, 3], { state: "lost", lastTokenAt: null });
    const { times, counted } = meterOf(gapsWithin(0.5), [short, lost, record([7])]);
    expect(times.beyond(0.5)).toEqual({ bad: 2, of: 5 });
    expect(pooledPercentileOrNull([times], 0.99)).toBeNull();
    expect(counted.map((each) => isWithin(each, gapsWithin(0.5)))).toEqual([true, false, null]);
  });

  it("may be beyond the limit in a good request as often as the percentile leaves", () => {
    const late = (count: number): CountedRecord => ({
      ...record(Array.from({ length: 201 }, (_, i) => i)),
      gapsBeyond: new Map([[0.05, count]]),
    });
    expect([0, 2, 3].map((count) => isWithin(late(count), gapsWithin(0.05)))).toEqual([true, true, false]);
    expect(countOfOne(late(3), gapsWithin(0.05), [])).toEqual({ bad: 3, of: 200 });
  });

  it("are told apart at the limit exactly, and their percentiles to 0.1 %, whatever they are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1e10 }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 1e-6, max: 5, noNaN: true }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (gaps, limit, share) => {
          let at = 0;
          const tokens = Float64Array.from([0, ...gaps.map((gap) => (at += gap))]);
          const { times } = meterOf(gapsWithin(limit), [{ ...record([0]), outputTokens: tokens.length, tokensAt: tokens }]);
          expect(times.beyond(limit)).toEqual({ bad: gaps.filter((gap) => gap / 1e9 > limit).length, of: gaps.length });
          const exact = gaps.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * gaps.length - 1e-9)) - 1]! / 1e9;
          const found = pooledPercentileOrNull([times], share)!;
          expect(found).toBeGreaterThanOrEqual(exact);
          expect(found).toBeLessThan(exact * 1.001);
        },
      ),
      runs(200),
    );
  });
});

describe("gaps in a simulation", () => {
  const { setup, requestsOf } = question();
  const small = { ...setup.replica, numGpuBlocks: 700 };
  const recordsOf = (replica: typeof small, isStepwise: boolean): RequestRecord[] => {
    const records: RequestRecord[] = [];
    simulate(
      { ...setup, replica, policy: { kind: "fixed", replicas: 2 }, seed: 1, requests: requestsOf(1), recordsTokens: true, isStepwise },
      (each) => records.push({ ...each, tokensAt: each.tokensAt?.slice() ?? new Float64Array(0) }),
    );
    return records;
  };

  it("have the TPOT of their request as their mean, and one at least that is no shorter, preemptions or not", () => {
    for (const replica of [setup.replica, small]) {
      const records = recordsOf(replica, false).filter(({ state, outputTokens }) => state === "finished" && outputTokens > 1);
      expect(records.length).toBeGreaterThan(500);
      for (const { tokensAt, firstTokenAt, lastTokenAt, outputTokens } of records) {
        expect([tokensAt!.length, tokensAt![0], tokensAt!.at(-1)]).toEqual([outputTokens, firstTokenAt, lastTokenAt]);
        const gaps = Array.from(tokensAt!.subarray(1), (at, i) => at - tokensAt![i]!);
        const tpot = (lastTokenAt! - firstTokenAt!) / (outputTokens - 1);
        expect(Math.min(...gaps)).toBeGreaterThan(0);
        expect(gaps.reduce((sum, gap) => sum + gap) / gaps.length).toBeCloseTo(tpot, 3);
        expect(Math.max(...gaps)).toBeGreaterThanOrEqual(tpot);
      }
    }
  });

  it("hold a preempted request's stall: its longest gap is many steps", () => {
    const preempted = recordsOf(small, false).filter(({ preemptions, outputTokens }) => preemptions > 0 && outputTokens > 10);
    expect(preempted.length).toBeGreaterThan(10);
    const ratios = preempted.map(({ tokensAt, firstTokenAt, lastTokenAt, outputTokens }) => {
      const longest = Math.max(...Array.from(tokensAt!.subarray(1), (at, i) => at - tokensAt![i]!));
      return longest / ((lastTokenAt! - firstTokenAt!) / (outputTokens - 1));
    });
    expect(ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]).toBeGreaterThan(3);
  });

  it("are the same stepwise", () => {
    expect(recordsOf(small, false)).toEqual(recordsOf(small, true));
  });

  it("change no run, and are not recorded where nobody asks", () => {
    const asked = question({ objectives: { ttft_p99_s: 1, tpot_p99_s: 0.05, itl_p99_s: 0.1 } });
    const [plain, counted] = [question(), asked].map((each) => replicate(each, { kind: "fixed", replicas: 2 }, 1));
    expect(counted!.run).toEqual(plain!.run);
    expect(plain!.latencies.others).toBeUndefined();
    const [, , itl] = resultsOf([counted!], asked.objectives);
    expect(itl).toMatchObject({ objective: "itl.p99<=100ms", unit: "s" });
    expect(itl!.value! <= 0.1).toBe(itl!.verdict === "meets");
  });

  it("are longer at p99 than the p99 of means that hide them", () => {
    const asked = question({ objectives: { ttft_p99_s: 1, tpot_p99_s: 0.05, itl_p99_s: 0.1 }, requestsOf: chat(25, 60) });
    const [, tpot, itl] = resultsOf([replicate(asked, { kind: "fixed", replicas: 1 }, 1)], asked.objectives);
    expect(itl!.value!).toBeGreaterThan(tpot!.value!);
  });
});
