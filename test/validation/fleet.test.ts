import { describe, expect, it } from "vitest";
import { duration } from "../../src/format.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { NO_DATA } from "../../src/traffic/data.ts";
import { generate } from "../../src/traffic/generate.ts";
import { quantileBetween } from "../../src/traffic/prometheus/histogram.ts";
import type { PrometheusFile } from "../../src/traffic/prometheus/files.ts";
import { readPrometheus } from "../../src/traffic/prometheus/read.ts";
import { prometheusSchema } from "../../src/traffic/prometheus/schema.ts";
import { trafficSchema } from "../../src/traffic/schema.ts";
import { errorOf, isReproduced, rowOf } from "../../src/validation/fleet-rows.ts";
import { fleetValidationSchema, type FleetRow } from "../../src/validation/fleet-schema.ts";
import { validateFleet } from "../../src/validation/fleet.ts";
import { readObservedFleet } from "../../src/validation/observed-fleet.ts";
import { statisticOf } from "../../src/validation/replay.ts";
import { deviceModel } from "../fixtures.ts";
import { answer, EPOCH, exported } from "../traffic/prometheus-export.ts";

const traffic = {
  kind: "steps",
  steps: [
    { for_s: 300, requests_per_s: 12 },
    { for_s: 300, requests_per_s: 30 },
    { for_s: 300, requests_per_s: 12 },
  ],
  prompt: { kind: "log-normal", p50_tokens: 500, p99_tokens: 3000, max_tokens: 6000 },
  output: { kind: "log-normal", p50_tokens: 60, p99_tokens: 300, max_tokens: 800 },
};
const requests = [...generate(trafficSchema.parse(traffic) as never, createStreams(3))];
const setup = resolveScenario(
  scenarioOf({ model: "Llama-3.1-8B", traffic }, "chat.yaml"),
  deviceModel(),
  builtInModel("Llama-3.1-8B"),
  requests,
);
const changes = [
  { at: 292, by: 2 },
  { at: 631, by: -2 },
];
const { files, records } = exported({ ...setup, policy: { kind: "fixed", replicas: 2 }, seed: 1 }, requests, { lasts: 900, changes });

const validate = (texts: Map<PrometheusFile, string>, stepTime = setup.stepTime) => {
  const named = { folder: "prom", texts };
  return validateFleet({
    observed: readObservedFleet(named),
    setup: { ...setup, stepTime },
    traffic: prometheusSchema.parse({ kind: "prometheus", folder: "prom" }),
    data: { ...NO_DATA, prometheus: readPrometheus(named) },
    policy: null,
    seeds: [1, 2],
    tolerance: 0.1,
    model: "Llama-3.1-8B",
    device: "Example GPU",
  });
};

describe("a simulated fleet that scales, from its own metrics", () => {
  it("is reproduced, with its number of replicas over time", () => {
    const validation = validate(files);
    expect(fleetValidationSchema.safeParse(validation).error).toBeUndefined();
    expect(validation.rows.filter((row) => !isReproduced(row))).toEqual([]);
    expect(Math.max(...validation.over_time.replicas.simulated)).toBe(4);
    const replicas = validation.rows.find(({ metric }) => metric === "replicas")!;
    expect(Math.abs(replicas.error)).toBeLessThan(0.02);
  });

  it("is not reproduced by steps half as long either", () => {
    const fast = { ...setup.stepTime, stepTime: (batch: never) => Math.floor(setup.stepTime.stepTime(batch) / 2 + 0.5) };
    const wrong = validate(files, fast).rows.filter((row) => !isReproduced(row) && row.error < -0.3);
    expect(wrong.map(({ metric, statistic }) => `${metric} ${statistic}`)).toEqual(
      expect.arrayContaining(["tpot mean", "itl mean", "e2e mean"]),
    );
  });

  it("law: a percentile of the records lies in the bucket that the histogram gives for it", () => {
    const { latencies } = readObservedFleet({ folder: "prom", texts: files });
    const ended = records.filter(({ lastTokenAt }) => lastTokenAt! <= 900e9);
    const e2e = Float64Array.from(ended, ({ arrivedAt, lastTokenAt }) => (lastTokenAt! - arrivedAt) / 1e9).sort();
    for (const statistic of ["p50", "p90", "p95", "p99"] as const) {
      const { low, high } = quantileBetween(latencies.get("e2e")!, Number(statistic.slice(1)) / 100);
      expect(statisticOf(e2e, statistic)).toBeGreaterThan(low);
      expect(statisticOf(e2e, statistic)).toBeLessThanOrEqual(high);
    }
  });
});

describe("hours that begin and end with requests that run", () => {
  const constant = (tokens: number) => ({ kind: "constant" as const, tokens });
  const long = { kind: "poisson" as const, requests_per_s: 0.5, duration_s: 900, prompt: constant(100), output: constant(3000) };
  const requests = [...generate(long, createStreams(4))];
  const { files } = exported({ ...setup, policy: { kind: "fixed", replicas: 1 }, seed: 1 }, requests, { lasts: 600 });
  /** Without the first 150 s: what ran then was not seen to come. */
  const later = new Map([...files].map(([name, text]) => [name, since(text, EPOCH + 150)] as const));

  it("have as many tokens and requests in flight as were observed, once what was in flight at first has gone", () => {
    const { rows, notes } = validate(later);
    const e2e = rows.find(({ metric }) => metric === "e2e")!.observed.low;
    expect(e2e).toBeGreaterThan(20);
    const errorOfMean = (name: string) => rows.find(({ metric, statistic }) => metric === name && statistic === "mean")!.error;
    for (const name of ["running", "output_tokens_per_s"]) expect(Math.abs(errorOfMean(name))).toBeLessThan(0.02);
    expect(notes.join(" ")).toContain(`tokens are compared from ${duration(e2e)} on, the mean time end to end.`);
  });

  it("and where they are no longer than a request takes, neither is compared", () => {
    const short = exported({ ...setup, policy: { kind: "fixed", replicas: 1 }, seed: 1 }, requests, { lasts: 30 });
    const { rows, notes } = validate(short.files);
    expect(rows.map(({ metric }) => metric)).not.toContain("running");
    expect(rows.map(({ metric }) => metric)).not.toContain("output_tokens_per_s");
    expect(notes.join(" ")).toContain("no longer than the mean time end to end");
  });
});

/** A range query's answer from a time on. */
const since = (text: string, from: number): string => {
  const { data } = JSON.parse(text) as { data: { result: { metric: Record<string, string>; values: [number, string][] }[] } };
  return answer(data.result.map(({ metric, values }) => ({ metric, values: values.filter(([at]) => at >= from) })));
};

describe("what a Prometheus saw of a fleet", () => {
  const gauge = (...all: (number | null)[][]): string =>
    answer(
      all.map((values, i) => ({
        metric: { instance: `${i}` },
        values: values.flatMap((value, at) => (value === null ? [] : [[EPOCH + 15 * at, String(value)] as [number, string]])),
      })),
    );
  const readings = (running: string, waiting: string) =>
    readObservedFleet({
      folder: "prom",
      texts: new Map([
        ["running", running],
        ["waiting", waiting],
        ["ttft", files.get("ttft")!],
      ]),
    }).readings;

  it("a server is there from its first sample to its last; where one was not scraped, the sums are not known", () => {
    const found = readings(gauge([3, 4, null, 5], [null, 1, 1, null]), gauge([0, 0, null, 2], [null, 1, 0, null]));
    expect(found.map(({ replicas, running, waiting }) => [replicas, running, waiting])).toEqual([
      [1, 3, 0],
      [2, 5, 1],
      [2, null, null],
      [1, 5, 2],
    ]);
  });

  it("gauges that begin later than the others are told by their time", () => {
    const found = readings(gauge([3, 4, 5]), gauge([null, 7, 8]));
    expect(found.map(({ waiting }) => waiting)).toEqual([null, 7, 8]);
  });
});

describe("the error of a figure", () => {
  it.each([
    [3, { low: 2, high: 4 }, 0],
    [4, { low: 2, high: 4 }, 0],
    [5, { low: 2, high: 4 }, 0.25],
    [1, { low: 2, high: 4 }, -0.5],
    [9, { low: 2, high: Infinity }, 0],
    [1, { low: 0, high: 0 }, 1],
  ])("%d against %j is %d", (value, between, error) => {
    expect(errorOf(value, between)).toBe(error);
  });

  const row = (...values: number[]) => rowOf("ttft", "p99", { low: 2, high: 4 }, [{ cv: 1, values }], 0.1);

  it("of one seed is that of its value", () => {
    expect(row(4.39)).toMatchObject({ reproduced_with: [1], simulated: [{ cv: 1, mean: 4.39, low: 4.39, high: 4.39 }] });
    expect(isReproduced(row(4.41))).toBe(false);
    expect(isReproduced(row(1.81))).toBe(true);
    expect(isReproduced(row(1.79))).toBe(false);
  });

  it("of several is that of their mean, with Student's interval", () => {
    // Mean 5, standard deviation 1, of four: 3.182 × 1 / 2 on either side.
    const spread = Math.sqrt(0.75);
    const { simulated, error, error_low: low, error_high: high } = row(5 - spread, 5 - spread, 5 + spread, 5 + spread);
    expect(simulated[0]!.low).toBeCloseTo(5 - 3.182 / 2, 1);
    expect(simulated[0]!.high).toBeCloseTo(5 + 3.182 / 2, 1);
    expect([error, low]).toEqual([0.25, 0]);
    expect(high).toBeCloseTo((5 + 3.182 / 2) / 4 - 1, 1);
  });

  it("law: a mean half as much again with a spread of 0.35 is not reproduced with 20 seeds, and the more seeds the narrower", () => {
    const stream = createStreams(7).named("seeds");
    const seen = (seeds: number, mean: number) =>
      rowOf(
        "ttft",
        "mean",
        { low: 1, high: 1 },
        [{ cv: 1, values: Array.from({ length: seeds }, () => mean + 0.35 * Math.sqrt(12) * (stream.uniform() - 0.5)) }],
        0.1,
      );
    const widthOf = ({ simulated: [own] }: FleetRow): number => own!.high - own!.low;
    expect([20, 80, 320].map((seeds) => isReproduced(seen(seeds, 1.5)))).toEqual([false, false, false]);
    expect([20, 80, 320].map((seeds) => isReproduced(seen(seeds, 1)))).toEqual([true, true, true]);
    expect(widthOf(seen(320, 1.5))).toBeLessThan(widthOf(seen(20, 1.5)) / 2);
  });

  it("is judged with each burstiness by itself, and those with which it is reproduced are named", () => {
    const draws = [
      { cv: 1, values: [1, 1] },
      { cv: 2, values: [3, 3] },
      { cv: 4, values: [9, 9] },
    ];
    expect(rowOf("ttft", "p99", { low: 2, high: 4 }, draws, 0.1)).toMatchObject({ error: -0.5, reproduced_with: [2] });
    const apart = draws.filter(({ cv }) => cv !== 2);
    expect(rowOf("ttft", "p99", { low: 2, high: 4 }, apart, 0.1).reproduced_with).toEqual([]);
  });

  it("half a waiting request says nothing", () => {
    const waiting = (value: number) => rowOf("waiting", "mean", { low: 0, high: 0 }, [{ cv: 1, values: [value] }], 0.1);
    expect(waiting(0.4)).toMatchObject({ error: 0, reproduced_with: [1] });
    expect(isReproduced(waiting(0.6))).toBe(false);
  });
});
