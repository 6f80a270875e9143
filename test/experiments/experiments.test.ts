import { describe, expect, it } from "vitest";
import { experiments } from "../../src/experiments/all.ts";
import { steady } from "../../src/experiments/demand.ts";
import type { Experiment } from "../../src/experiments/experiment.ts";
import { Lab } from "../../src/experiments/lab.ts";
import { costPerGoodToken, gpuHours, missedShare, ttftP99 } from "../../src/experiments/measures.ts";
import { fixed, hpa } from "../../src/experiments/policies.ts";
import { replayedTrace } from "../../src/experiments/replayed-trace.ts";
import { runExperiment } from "../../src/experiments/run-experiment.ts";
import { experimentSchema } from "../../src/experiments/schema.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { experimentText } from "../../src/report/experiment-text.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { generate } from "../../src/traffic/generate.ts";
import { slowDevice } from "./slow-device.ts";

const device = slowDevice();
const model = builtInModel("Llama-3.1-8B");
const lengths = { prompt: { kind: "constant", tokens: 800 }, output: { kind: "constant", tokens: 40 } } as const;
const trace = replayedTrace("made-up.csv", [
  ...generate({ kind: "poisson", requests_per_s: 0.5, duration_s: 1200, ...lengths }, createStreams(7)),
]);

const equalArms: Experiment = {
  name: "null",
  claim: "Two equal fleets differ.",
  scenario: "The same fleet twice.",
  measures: [ttftP99, missedShare, gpuHours, costPerGoodToken],
  regimes: [
    {
      name: "steady",
      demand: { ...steady(1.4, 600), bursts: { factor: 3, burst_s: 60, calm_s: 120 } },
      arms: ["one", "other"].map((name) => ({
        name,
        about: "An HPA.",
        variant: (lab) => ({
          policy: hpa(lab, { min: 1, max: 4 }),
          ...lab.coldStart({ provision_s: { kind: "uniform", min_s: 10, max_s: 60 } }),
        }),
      })),
    },
  ],
  comparisons: [
    { name: "TTFT", measure: "ttft_p99_s", arm: "one", against: "other", as: "ratio", atLeast: 1.01 },
    { name: "missed", measure: "missed_share", arm: "one", against: "other", as: "ratio-of-means", atLeast: 1.01 },
    { name: "cost", measure: "gpu_hours", arm: "one", against: "other", as: "difference", atLeast: 0.01 },
  ],
  caveats: [],
};

describe("an experiment", () => {
  it("of two equal arms finds no difference in any seed, on drawn requests and on a trace", () => {
    const { settings } = runExperiment(equalArms, { device, model, trace, seeds: [1, 2, 3] });
    expect(settings.map(({ setting }) => setting)).toEqual(["synthetic", "trace"]);
    for (const { regimes } of settings) {
      const [{ arms, comparisons, verdict }] = regimes as [(typeof regimes)[number]];
      expect(arms[0]!.by_seed).toEqual(arms[1]!.by_seed);
      expect(new Set(arms[0]!.by_seed["ttft_p99_s"]).size).toBe(3);
      expect(comparisons.map(({ estimate }) => [estimate?.mean, estimate?.low, estimate?.high])).toEqual([
        [1, 1, 1],
        [1, 1, 1],
        [0, 0, 0],
      ]);
      expect(verdict).toBe("does not hold");
    }
  });

  it("gives the same bytes for the same seeds, and the numbers of a seed do not depend on the others", () => {
    const request = { device, model, trace: null };
    const three = runExperiment(equalArms, { ...request, seeds: [1, 2, 3] });
    expect(runExperiment(equalArms, { ...request, seeds: [1, 2, 3] })).toEqual(three);
    const one = runExperiment(equalArms, { ...request, seeds: [2, 9] });
    expect(one.settings[0]!.regimes[0]!.arms[0]!.by_seed["ttft_p99_s"]![0]).toBe(
      three.settings[0]!.regimes[0]!.arms[0]!.by_seed["ttft_p99_s"]![1],
    );
  });

  it("lets an arm be made to cost what an earlier one did", () => {
    const [regime] = equalArms.regimes;
    const seen: string[][] = [];
    runExperiment(
      {
        ...equalArms,
        regimes: [
          {
            ...regime!,
            arms: [
              regime!.arms[0]!,
              {
                name: "other",
                about: "",
                variant: (_, earlier) => {
                  seen.push([...earlier.keys()]);
                  return { policy: fixed(2) };
                },
              },
            ],
          },
        ],
      },
      { device, model, trace: null, seeds: [1, 2] },
    );
    expect(seen).toEqual([["one"], ["one"]]);
  });
});

describe("a load of 1", () => {
  it("is what one replica sustains: at 0.8 nearly all requests are good, at 3 most are not", () => {
    const lab = new Lab({ device, model, trace: null });
    const missedAt = (load: number) => {
      const experiment = {
        ...equalArms,
        comparisons: [],
        regimes: [{ name: "", demand: steady(load, 3000), arms: [{ name: "one", about: "", variant: () => ({ policy: fixed(1) }) }] }],
      };
      return runExperiment(experiment, { device, model, trace: null, seeds: [1, 2] }).settings[0]!.regimes[0]!.arms[0]!.measures[
        "missed_share"
      ]!.mean;
    };
    expect(lab.requests(steady(1, 1000), 3).length / 1000 / lab.replicaRate).toBeCloseTo(1, 0);
    expect(missedAt(0.8)).toBeLessThan(0.1);
    expect(missedAt(3)).toBeGreaterThan(0.5);
  });
});

describe("conversations", () => {
  it("of a load of 1 begin at the rate that one replica sustains, and repeat what was said", () => {
    const lab = new Lab({ device, model, trace: null, traffic: "conversations" });
    const requests = lab.requests(
      {
        steps: [
          { for_s: 2000, load: 0.5 },
          { for_s: 2000, load: 1.5 },
        ],
      },
      1,
    );
    const early = requests.filter(({ arrivedAt }) => arrivedAt < 2000e9).length;
    expect(requests.length / 4000 / lab.replicaRate).toBeCloseTo(1, 0);
    expect(early / requests.length).toBeGreaterThan(0.15);
    expect(early / requests.length).toBeLessThan(0.35);
    expect(requests.map(({ id }) => id)).toEqual(requests.map((_, i) => i));
    const { next } = requests.find((request) => request.next !== undefined)!;
    expect(next!.parts!.length).toBeGreaterThan(2);
    expect(lab.inFlight(0.8)).toBeGreaterThan(lab.inFlight(0.4));
  });
});

describe.each(experiments.map((experiment) => [experiment.name, experiment] as const))("experiment %s", (_, experiment) => {
  it("names arms and measures that are there, and a threshold wherever it decides", () => {
    const keys = experiment.measures.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const regime of experiment.regimes) {
      const arms = regime.arms.map(({ name }) => name);
      const asked = experiment.comparisons.filter(({ regimes }) => regimes?.includes(regime.name) ?? true);
      expect(new Set(arms).size).toBe(arms.length);
      expect(asked.flatMap(({ arm, against = arm }) => [arm, against]).filter((name) => !arms.includes(name))).toEqual([]);
      expect(
        asked.flatMap(({ measure, againstMeasure = measure }) => [measure, againstMeasure]).filter((key) => !keys.includes(key)),
      ).toEqual([]);
      const deciding = asked.filter(({ decides }) => decides !== false);
      expect(deciding.length).toBeGreaterThan(0);
      expect(deciding.filter(({ atLeast, atMost }) => atLeast === undefined && atMost === undefined)).toEqual([]);
      expect(regime.demand.steps.every(({ for_s, load }) => for_s > 0 && load > 0)).toBe(true);
    }
  });

  it("names what stands beside a published figure", () => {
    const found = (experiment.references ?? []).map(({ ours }) => {
      const regime = experiment.regimes.find(({ name }) => name === ours.regime);
      return "comparison" in ours
        ? experiment.comparisons.some(({ name }) => name === ours.comparison)
        : (regime?.arms.some(({ name }) => name === ours.arm) ?? false) && experiment.measures.some(({ key }) => key === ours.measure);
    });
    expect(found).toEqual(found.map(() => true));
  });

  it("runs on drawn requests and on a trace, and says so in its schema and in words", () => {
    const result = runExperiment(experiment, { device, model, trace, seeds: [1, 2], isQuick: true });
    expect(experimentSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    const text = experimentText(result).replace(/\s+/gu, " ");
    for (const part of [`${experiment.name}: on drawn requests`, experiment.claim, "Fewer than 20 seeds"]) expect(text).toContain(part);
    for (const { regimes } of result.settings) {
      for (const arm of regimes[0]!.arms) expect(Object.values(arm.measures).some((measure) => measure !== null)).toBe(true);
    }
  });
});
