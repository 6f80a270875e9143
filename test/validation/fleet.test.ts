import { describe, expect, it } from "vitest";
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
import { errorOf, rowOf } from "../../src/validation/fleet-rows.ts";
import { fleetValidationSchema } from "../../src/validation/fleet-schema.ts";
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
    expect(validation.rows.filter((row) => !row.is_reproduced)).toEqual([]);
    expect(Math.max(...validation.over_time.replicas.simulated)).toBe(4);
    const replicas = validation.rows.find(({ metric }) => metric === "replicas")!;
    expect(Math.abs(replicas.error)).toBeLessThan(0.02);
  });

  it("is not reproduced by steps half as long either", () => {
    const fast = { ...setup.stepTime, stepTime: (batch: never) => Math.floor(setup.stepTime.stepTime(batch) / 2 + 0.5) };
    const wrong = validate(files, fast).rows.filter((row) => !row.is_reproduced && row.error < -0.3);
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

  it("holds where the draws reach to within the tolerance of the bounds, from either side", () => {
    const row = (...values: number[]) => rowOf("ttft", "p99", { low: 2, high: 4 }, [values], 0.1);
    expect(row(4.25, 6)).toMatchObject({ is_reproduced: true, simulated: { value: 5.125, low: 4.25, high: 6 } });
    expect(row(4.5, 6).is_reproduced).toBe(false);
    expect(row(1, 1.8).is_reproduced).toBe(true);
    expect(row(1, 1.7).is_reproduced).toBe(false);
    expect(row(1, 9)).toMatchObject({ is_reproduced: true, error_low: -0.5, error_high: 1.25 });
  });

  it("half a waiting request says nothing", () => {
    expect(rowOf("waiting", "mean", { low: 0, high: 0 }, [[0.4]], 0.1)).toMatchObject({ error: 0, is_reproduced: true });
    expect(rowOf("waiting", "mean", { low: 0, high: 0 }, [[0.6]], 0.1).is_reproduced).toBe(false);
  });
});
