import { describe, expect, it } from "vitest";
import type { RequestRecord } from "../../src/fleet/config.ts";
import type { Run } from "../../src/fleet/run.ts";
import { countsOf, type Count } from "../../src/plan/objectives/counts.ts";
import { latenciesOf, Times } from "../../src/plan/objectives/latencies.ts";
import { objectiveInputs, objectivesInWords, textOf } from "../../src/plan/objectives/in-words.ts";
import { allowedBeyond, objectivesOf } from "../../src/plan/objectives/objectives.ts";
import { parseObjectives } from "../../src/plan/objectives/parse-objectives.ts";
import { percentileIntervalOrNull } from "../../src/plan/objectives/percentile-interval.ts";
import { resultsOf, type Replication } from "../../src/plan/search/replications.ts";
import { ratio, shareOf } from "../../src/plan/objectives/verdict.ts";
import { createStreams } from "../../src/sim/streams.ts";
import type { Objectives } from "../../src/scenario/objectives.ts";
import { parseScenario } from "../../src/scenario/parse.ts";

const record = (fields: Partial<RequestRecord> & { ttft?: number; tpot?: number }): RequestRecord => {
  const { ttft = 1, tpot = 0.01, outputTokens = 11, ...rest } = fields;
  return {
    id: 0,
    origin: 0,
    turn: 0,
    arrivedAt: 5e9,
    attempts: 1,
    reason: null,
    notSent: 0,
    promptTokens: 10,
    outputTokens,
    priority: 0,
    state: "finished",
    firstTokenAt: 5e9 + ttft * 1e9,
    lastTokenAt: 5e9 + (ttft + tpot * (outputTokens - 1)) * 1e9,
    preemptions: 0,
    ...rest,
  };
};
const rejected = record({ state: "rejected", firstTokenAt: null, lastTokenAt: null });
const limits = { ttft_p99_s: 2, tpot_p99_s: 0.1 };
const times = (count: number, of: RequestRecord) => Array.from({ length: count }, () => of);
/** A run of an hour with these requests. */
const replication = (records: readonly RequestRecord[], objectives: Objectives = limits, parts: Partial<Run> = {}): Replication => {
  const requests = { deferred: 0, queued: 0, running: 0 };
  const run = { ended_at_s: 3600, gpu_hours: 2, scale_events: [], requests, ...parts } as unknown as Run;
  const latencies = latenciesOf(records);
  return { run, latencies, counts: countsOf(records, latencies, run, objectives), meets: true };
};
const results = (records: readonly RequestRecord[], objectives: Objectives = limits, parts: Partial<Run> = {}) =>
  resultsOf([replication(records, objectives, parts)], objectives);
const met = (records: readonly RequestRecord[]) => results(records).map(({ verdict }) => verdict === "meets");
const values = (records: readonly RequestRecord[]) => results(records).map(({ value }) => value);

describe("objectives on a run", () => {
  it.each([
    ["at the limit", record({ ttft: 2, tpot: 0.1 }), [true, true]],
    ["a TTFT beyond it", record({ ttft: 2.001 }), [false, true]],
    ["a TPOT beyond it", record({ tpot: 0.1001 }), [true, false]],
  ])("%s", (_, one, expected) => {
    expect(met([one])).toEqual(expected);
  });

  it("are missed by a run that answers nobody", () => {
    const requests = { deferred: 0, queued: 3, running: 0 } as Run["requests"];
    const asked = { ...limits, rejected: 0.01 };
    expect(results([], asked, { requests }).map(({ verdict }) => verdict)).not.toContain("meets");
    expect(results(times(1000, record({})), limits, { requests }).map(({ verdict }) => verdict)).toEqual(["meets", "meets"]);
  });

  it("are on the least time at or below which that share of the requests lies", () => {
    const rising = Array.from({ length: 100 }, (_, i) => record({ ttft: (i + 1) / 100 }));
    expect(values(rising)[0]).toBeCloseTo(0.99, 12);
    expect(values(rising.slice(0, 50))[0]).toBeCloseTo(0.5, 12);
  });

  it("hold just where the value is within the limit", () => {
    for (const late of [0, 1, 2, 3]) {
      const records = [...times(200 - late, record({})), ...times(late, record({ ttft: 3 }))];
      const [ttft] = results(records);
      expect([ttft!.verdict === "meets", ttft!.value! <= 2]).toEqual([late <= 2, late <= 2]);
    }
  });

  it("count a rejected request as later than any time, in both", () => {
    expect(values([...times(98, record({})), ...times(2, rejected)])).toEqual([null, null]);
    expect(values([...times(99, record({})), rejected])).toEqual([1, expect.closeTo(0.01, 12)]);
    expect(values([...times(98, record({})), rejected])).toEqual([null, null]);
  });

  it.each(["deferred", "queued", "running", "timed_out", "cut_off", "lost"] as const)("count a request that ends %s as missed", (state) => {
    expect(met([record({ state, lastTokenAt: null })])).toEqual([false, false]);
  });

  it("measure time per output token per request, and not where there is one token only", () => {
    const long = record({ outputTokens: 1001, tpot: 0.09 });
    const short = record({ outputTokens: 2, tpot: 0.11 });
    const single = record({ outputTokens: 1 });
    expect(met([long])[1]).toBe(true);
    expect(met([long, short])[1]).toBe(false);
    expect(latenciesOf([single, long]).tpot).toHaveLength(1);
    expect(values([single])).toEqual([1, 0]);
  });

  it("are over several replications those of all requests together, with an interval that shrinks with their number", () => {
    const good = replication(times(100, record({})));
    const bad = replication([...times(96, record({})), ...times(4, record({ ttft: 3 }))]);
    const of = (replications: Replication[]) => resultsOf(replications, limits)[0]!;
    expect(of([good, bad])).toMatchObject({ value: 3, verdict: "undecided" });
    expect(of([good, good])).toMatchObject({
      value: 1,
      verdict: "meets",
      interval: { low: expect.closeTo(1, 4), high: expect.closeTo(1, 4) },
    });
    expect(of([bad, bad])).toMatchObject({ value: 3, verdict: "misses" });
    const many = Array.from({ length: 40 }, (_, i) => (i % 5 === 0 ? bad : good));
    expect(of(many)).toMatchObject({ value: 1 });
    expect(of([good]).interval).toBeNull();
  });

  it("are named as they are written", () => {
    expect(objectivesOf(limits).map(textOf)).toEqual(["ttft.p99<=2s", "tpot.p99<=100ms"]);
    expect(objectivesInWords(limits)).toBe("TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms");
    expect(objectivesInWords({ ...limits, goodput: 0.99, scale_events_per_h: 2, window_s: 600, survive: 1 })).toBe(
      "TTFT p99 ≤ 2 s, TPOT p99 ≤ 100 ms, goodput ≥ 99 % and 2 scale events an hour at most, also in every 10 min, with 1 of the replicas gone or lost when it is busiest, and through a rolling update",
    );
  });

  it("on goodput take a request for good that is within all limits", () => {
    const objectives = { ...limits, goodput: 0.5 };
    const records = [record({}), record({ ttft: 3 }), record({ tpot: 0.2 }), rejected];
    expect(results(records, objectives).at(-1)).toMatchObject({ objective: "goodput>=50%", unit: "share", value: 0.25, verdict: "misses" });
  });

  it.each([
    ["rejected", { rejected: 0.2 }, {}, 0.25, "misses"],
    ["scale events", { scale_events_per_h: 3 }, { scale_events: [1, 2, 3] as unknown as Run["scale_events"] }, 3, "meets"],
    ["GPUs on average", { gpu_hours_per_h: 1.5 }, { gpu_hours: 2 }, 2, "misses"],
  ] as const)("have a ceiling on %s", (_, ceiling, parts, value, verdict) => {
    expect(results([record({}), record({}), record({}), rejected], { ...limits, ...ceiling }, parts).at(-1)).toMatchObject({
      value,
      verdict,
    });
  });

  it("have ceilings that a sum of hours may be above by its last digits only", () => {
    const verdictAt = (gpuHours: number) =>
      results([record({})], { ...limits, gpu_hours_per_h: 3 }, { gpu_hours: gpuHours }).at(-1)!.verdict;
    expect([3, 3.0000000000000004, 3.00001].map(verdictAt)).toEqual(["meets", "meets", "misses"]);
    const none = { ...limits, rejected: 0 };
    expect([results([record({})], none), results([record({}), rejected], none)].map((each) => each.at(-1)!.verdict)).toEqual([
      "meets",
      "misses",
    ]);
  });

  it("met on average but missed in one window are missed where windows are asked for", () => {
    const at = (minute: number, ttft: number): RequestRecord => {
      const arrivedAt = minute * 60e9;
      return { ...record({}), arrivedAt, firstTokenAt: arrivedAt + ttft * 1e9, lastTokenAt: arrivedAt + ttft * 1e9 + 1e8 };
    };
    const quiet = Array.from({ length: 3000 }, (_, i) => at(i / 50, 1));
    const records = [...quiet, ...Array.from({ length: 10 }, () => at(25, 3))];
    const verdicts = (objectives: Objectives) => results(records, objectives).map(({ verdict, worst_window: worst }) => [verdict, worst]);
    expect(verdicts(limits)[0]).toEqual(["meets", null]);
    expect(verdicts({ ...limits, window_s: 600 })[0]).toEqual(["misses", expect.closeTo(10 / 510, 9)]);
    expect(verdicts({ ...limits, window_s: 1800 })[0]).toEqual(["meets", expect.closeTo(10 / 1510, 9)]);
  });
});

describe("a share over replications", () => {
  const counts = (...bad: number[]): Count[] => bad.map((each) => ({ bad: each, of: 100 }));

  it("has Student's interval, in closed form where replications are of equal size", () => {
    const { value, low, high } = ratio(counts(1, 2, 3, 4));
    expect(value).toBeCloseTo(0.025, 12);
    // Standard deviation 1.29 %, four of them, t = 3.182.
    expect(high - value).toBeCloseTo((3.182446 * 0.0129099) / 2, 3);
    expect(low).toBeCloseTo(value - (high - value), 12);
  });

  it("has none from one replication, and is 0 of nothing", () => {
    expect(ratio(counts(7))).toEqual({ value: 0.07, low: 0.07, high: 0.07 });
    expect(ratio([{ bad: 0, of: 0 }])).toEqual({ value: 0, low: 0, high: 0 });
  });

  it("holds the true share in 95 of 100 cases, whatever bursts do to single replications", () => {
    let held = 0;
    const trials = 400;
    for (let trial = 0; trial < trials; trial += 1) {
      const stream = createStreams(trial).named("share");
      // Each replication has a share of its own around 5 %.
      const { low, high } = ratio(Array.from({ length: 8 }, () => ({ bad: 100 * Math.max(0, 0.05 + 0.02 * stream.normal()), of: 100 })));
      if (low <= 0.05 && high >= 0.05) held += 1;
    }
    expect(held / trials).toBeGreaterThan(0.92);
    expect(held / trials).toBeLessThan(0.98);
  });

  it("has an interval also where no request of any replication is bad: what so many independent requests can say, near three over their number", () => {
    const none = (replications: number, of: number): Count[] => Array.from({ length: replications }, () => ({ bad: 0, of }));
    const { value, low, high } = shareOf(none(4, 1000), 0.01);
    expect([value, low]).toEqual([0, 0]);
    // 3.84 / (4000 + 3.84) by Wilson; the exact binomial's is 3.69 / 4000.
    expect(high).toBeCloseTo(3.8415 / 4003.8415, 7);
    expect(shareOf(none(16, 1000), 0.01).high).toBeCloseTo(3.8415 / 16_003.8415, 7);
  });

  it("is never surer than independent requests, and as unsure as replications that differ", () => {
    const alike = counts(5, 5, 5, 5);
    expect(ratio(alike)).toEqual({ value: 0.05, low: 0.05, high: 0.05 });
    const { low, high } = shareOf(alike, 0.1);
    expect([low, high]).toEqual([expect.closeTo(0.0325, 3), expect.closeTo(0.0763, 3)]);
    expect(shareOf(counts(0, 0, 0, 20), 0.1)).toEqual(ratio(counts(0, 0, 0, 20)));
  });

  it("is decided by its value alone where so few requests could tell nothing: at most 1 % takes 381 of them", () => {
    const bare = { value: 0, low: 0, high: 0 };
    expect(
      shareOf(
        [190, 190].map((of) => ({ bad: 0, of })),
        0.01,
      ),
    ).toEqual(bare);
    expect(
      shareOf(
        [190, 191].map((of) => ({ bad: 0, of })),
        0.01,
      ).high,
    ).toBeCloseTo(0.00998, 5);
    expect(shareOf([{ bad: 0, of: 1e6 }], 0.01)).toEqual(bare);
  });

  it("and the interval of a percentile are one test: the percentile's ends at the limit where the share's ends at what is allowed", () => {
    const sets = [1, 2, 3, 4, 5].map((seed) => {
      const stream = createStreams(seed).named("times");
      return new Times(latenciesOf(Array.from({ length: 400 }, () => record({ ttft: stream.exponential(0.5) }))).ttft, 0);
    });
    const { low, high } = percentileIntervalOrNull(sets, 0.9)!;
    const share = (limit: number) =>
      shareOf(
        sets.map((set) => set.beyond(limit)),
        allowedBeyond(0.9),
      );
    expect(share(high! * 1.0001).high).toBeLessThanOrEqual(0.1 + 1e-12);
    expect(share(high! * 0.9999).high).toBeGreaterThan(0.1);
    expect(share(low! * 0.99).low).toBeGreaterThan(0.1);
    expect(low!).toBeLessThan(high!);
  });
});

describe("the interval of a percentile", () => {
  it("ends where the objective is met, though 1 − 0.9 is a little less than the one of ten that it allows", () => {
    const one = replication([...times(9, record({})), record({ ttft: 3 })]);
    const [ttft] = resultsOf([one, one], { ttft_p90_s: 2 } as Objectives);
    expect(ttft).toMatchObject({ value: 1, verdict: "meets", interval: { low: expect.closeTo(1, 5), high: expect.closeTo(1, 5) } });
  });
});

describe("objectives as text", () => {
  it.each([
    ["ttft.p99<=2s tpot.p99<=80ms", { ttft_p99_s: 2, tpot_p99_s: 0.08 }],
    ["tpot.p99<=80ms,ttft.p99<=500ms", { ttft_p99_s: 0.5, tpot_p99_s: 0.08 }],
    ["ttft.p95<=0.5s e2e.p90<=1m", { ttft_p95_s: 0.5, e2e_p90_s: 60 }],
    [
      "goodput>=99.5% rejected<=0.001 scale-events<=2/h gpu-hours<=40/h",
      { goodput: 0.995, rejected: 0.001, scale_events_per_h: 2, gpu_hours_per_h: 40 },
    ],
    ["window=10m survive=1", { window_s: 600, survive: 1 }],
    ["ttft.p99[priority=1]<=30s ttft.p99[others]<=2s", { ttft_p99_s: 2, classes: [{ priority: 1, ttft_p99_s: 30 }] }],
    ["scale-events<=0/h survive=0", { scale_events_per_h: 0, survive: 0 }],
    ["  tpot.p99<=.05s ", { tpot_p99_s: 0.05 }],
  ])("%s", (text, expected) => {
    expect(parseObjectives(text, "--slo")).toEqual(expected);
  });

  it("is what results are named by", () => {
    const asked = { ...limits, e2e_p50_s: 30, goodput: 0.995, rejected: 0.001, scale_events_per_h: 2, gpu_hours_per_h: 12.5 };
    expect(parseObjectives(objectivesOf(asked).map(textOf).join(" "), "--slo")).toEqual(asked);
  });

  it("has nothing among the inputs where nothing is to be survived", () => {
    const given = (survive: number) =>
      parseScenario(`model: Llama-3.1-8B\nobjectives: { survive: ${survive} }\ntraffic: { kind: trace, file: trace.csv }`, "it.yaml");
    expect(objectiveInputs(given(0)).map(({ name }) => name)).not.toContain("objective, survive");
    expect(objectiveInputs(given(1)).map(({ name }) => name)).toContain("objective, survive");
  });

  it("is refused with the rule, what stands there, and what to write", () => {
    const bad = [
      "",
      "fast",
      "ttft.p98<=2s",
      "goodput<=1%",
      "goodput>=120%",
      "scale-events<=2",
      "ttft.p99<=2",
      "ttft.p99>=2s",
      "ttft.p99<=0s",
      "ttft.p99<=1s ttft.p99<=2s",
      "gpu-hours[others]<=40/h",
      "window[others]=10m",
      "cost<=0/h",
      "gpu-hours<=0.0/h",
    ];
    const message = (text: string) => {
      try {
        return JSON.stringify(parseObjectives(text, "--slo"));
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(bad.map(message).join("\n")).toMatchInlineSnapshot(`
      "--slo: expected objectives, got "". Write them so: "ttft.p99<=2s tpot.p99<=80ms scale-events<=2/h".
      --slo: expected one of ttft.p50, ttft.p90, ttft.p95, ttft.p99, tpot.p50, tpot.p90, tpot.p95, tpot.p99, itl.p50, itl.p90, itl.p95, itl.p99, e2e.p50, e2e.p90, e2e.p95, e2e.p99, goodput, rejected, scale-events, gpu-hours, cost, window, survive, got "fast". Write them so: "ttft.p99<=2s tpot.p99<=80ms scale-events<=2/h".
      --slo: expected one of ttft.p50, ttft.p90, ttft.p95, ttft.p99, tpot.p50, tpot.p90, tpot.p95, tpot.p99, itl.p50, itl.p90, itl.p95, itl.p99, e2e.p50, e2e.p90, e2e.p95, e2e.p99, goodput, rejected, scale-events, gpu-hours, cost, window, survive, got "ttft.p98<=2s". Write them so: "ttft.p99<=2s tpot.p99<=80ms scale-events<=2/h".
      --slo: expected goodput>=…, got "goodput<=1%". Write it so: goodput>=99%.
      --slo: expected a number with its unit, got "goodput>=120%". Write it so: goodput>=99%.
      --slo: expected a number with its unit, got "scale-events<=2". Write it so: scale-events<=2/h.
      --slo: expected a number with its unit, got "ttft.p99<=2". Write it so: ttft.p99<=2s.
      --slo: expected ttft.p99<=…, got "ttft.p99>=2s". Write it so: ttft.p99<=2s.
      --slo: expected more than 0, got "ttft.p99<=0s". Write it so: ttft.p99<=2s.
      --slo: expected ttft.p99 once, got it twice. Keep one of them.
      --slo: expected gpu-hours of all requests, got "gpu-hours[others]<=40/h". Write it so: gpu-hours<=40/h.
      --slo: expected window of all requests, got "window[others]=10m". Write it so: window=10m.
      --slo: expected more than 0, got "cost<=0/h". Write it so: cost<=100/h.
      --slo: expected more than 0, got "gpu-hours<=0.0/h". Write it so: gpu-hours<=40/h."
    `);
  });
});
