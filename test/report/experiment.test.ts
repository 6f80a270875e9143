import { describe, expect, it } from "vitest";
import { makeDocument } from "../../cli/document.ts";
import { experimentSchema, type ExperimentResult } from "../../src/experiments/schema.ts";
import { estimateText, experimentSentence } from "../../src/report/experiment-sentences.ts";
import { experimentText } from "../../src/report/experiment-text.ts";
import { experimentHtml } from "../../src/report/html/experiment-page.ts";

const estimate = (mean: number, half: number | null, seeds = 20) => ({
  mean,
  low: half === null ? null : mean - half,
  high: half === null ? null : mean + half,
  seeds,
});
const comparison = {
  name: "TTFT p99, cold over ready",
  measure: "ttft_p99_s",
  arm: "cold",
  against: "ready",
  against_measure: "ttft_p99_s",
  as: "ratio",
  at_least: 2,
  at_most: null,
  decides: true,
} as const;
type Regime = ExperimentResult["settings"][number]["regimes"][number];
const regime = (name: string, ratio: number, verdict: Regime["verdict"]): Regime => ({
  name,
  arms: [
    {
      name: "cold",
      about: "An HPA with a cold start.",
      measures: { ttft_p99_s: estimate(21.4, 3.21), missed_share: estimate(0.0731, 0.0123) },
      by_seed: { ttft_p99_s: [20, 22.8], missed_share: [0.07, 0.0762] },
    },
    {
      name: "ready",
      about: "An HPA without.",
      measures: { ttft_p99_s: estimate(0.412, 0.031), missed_share: null },
      by_seed: { ttft_p99_s: [0.4, 0.424], missed_share: [null, null] },
    },
  ],
  comparisons: [
    { ...comparison, estimate: estimate(ratio, 0.4), verdict },
    {
      ...comparison,
      name: "missed, cold",
      measure: "missed_share",
      against: null,
      against_measure: null,
      as: "value",
      at_least: null,
      decides: false,
      estimate: estimate(0.0731, 0.0123),
      verdict: "undecided",
    },
  ],
  verdict,
});

const result = experimentSchema.parse({
  schema: "ballast.experiment/1",
  name: "cold-start",
  claim: "Cold starts hurt.",
  scenario: "Load jumps.",
  heading: "MADE UP: this device does not exist.",
  device: "reference",
  model: "Llama-3.1-8B",
  seeds: Array.from({ length: 20 }, (_, i) => i + 1),
  is_quick: false,
  measures: [
    { key: "ttft_p99_s", name: "TTFT p99", about: "99th percentile.", unit: "s" },
    { key: "missed_share", name: "missed", about: "Share of requests.", unit: "share" },
  ],
  settings: [
    {
      setting: "synthetic",
      traffic: "Poisson.",
      replica_rate_per_s: 13.2,
      regimes: [regime("jump", 52, "holds"), regime("ramp", 1.2, "does not hold")],
    },
    {
      setting: "trace",
      traffic: "A trace.",
      replica_rate_per_s: 11.6,
      regimes: [regime("jump", 50, "holds"), regime("ramp", 1.9, "undecided")],
    },
  ],
  references: [
    {
      source: "llm-d",
      what: "TTFT p95",
      unit: "s",
      theirs: 51.9,
      ours: [
        { setting: "synthetic", estimate: estimate(50.9, 10) },
        { setting: "trace", estimate: null },
      ],
    },
  ],
  inputs: [{ name: "model", value: "Llama-3.1-8B", origin: "assumed", source: "made up" }],
  caveats: ["Published cold starts."],
  not_modelled: ["The network."],
});

describe("an experiment's outcome", () => {
  it("is one sentence with a count of regimes for each kind of requests", () => {
    expect(experimentSentence(result)).toMatchInlineSnapshot(
      `"cold-start: on drawn requests the claim holds in 1 of 2 regimes and does not hold in 1; on the trace the claim holds in 1 of 2 regimes and is undecided in 1."`,
    );
  });

  it("is a text for a terminal", () => {
    expect(experimentText(result)).toMatchInlineSnapshot(`
      "MADE UP: this device does not exist.

      cold-start: on drawn requests the claim holds in 1 of 2 regimes and does not hold in 1; on the trace the claim
      holds in 1 of 2 regimes and is undecided in 1.

        Verdicts
          regime  drawn requests  the trace
          jump    holds           holds
          ramp    does not hold   undecided

        Claim
          Cold starts hurt.

        Scenario
          Load jumps.
          Means over 20 seeds with their 95 % intervals; arms are compared seed by seed on the same requests.

        On drawn requests
          Poisson.

          jump: holds
            arm        TTFT p99        missed
            cold   21.4 ± 3.2 s  7.31 ± 1.2 %
            ready   412 ± 31 ms             –

            what decides                found  95 % interval  claimed
            TTFT p99, cold over ready    52.0  51.6 … 52.4    ≥ 2      holds
            missed, cold               7.31 %  6.08 … 8.54             shown only

          ramp: does not hold
            arm        TTFT p99        missed
            cold   21.4 ± 3.2 s  7.31 ± 1.2 %
            ready   412 ± 31 ms             –

            what decides                found  95 % interval  claimed
            TTFT p99, cold over ready    1.20  0.800 … 1.60   ≥ 2      does not hold
            missed, cold               7.31 %  6.08 … 8.54             shown only

        On the trace
          A trace.

          jump: holds
            arm        TTFT p99        missed
            cold   21.4 ± 3.2 s  7.31 ± 1.2 %
            ready   412 ± 31 ms             –

            what decides                found  95 % interval  claimed
            TTFT p99, cold over ready    50.0  49.6 … 50.4    ≥ 2      holds
            missed, cold               7.31 %  6.08 … 8.54             shown only

          ramp: undecided
            arm        TTFT p99        missed
            cold   21.4 ± 3.2 s  7.31 ± 1.2 %
            ready   412 ± 31 ms             –

            what decides                found  95 % interval  claimed
            TTFT p99, cold over ready    1.90  1.50 … 2.30    ≥ 2      undecided
            missed, cold               7.31 %  6.08 … 8.54             shown only

        Published, and beside it here
          llm-d
            what      theirs        drawn  trace
            TTFT p95  51.9 s  50.9 ± 10 s      –

        Caveats
          - Published cold starts.

        Inputs
          assumed   model  Llama-3.1-8B (made up)

        Not modelled
          - The network.
      "
    `);
  });

  it("is a page on which every number of a picture stands in a table, the same twice", () => {
    const page = experimentHtml(result, makeDocument());
    expect(experimentHtml(result, makeDocument())).toBe(page);
    expect(page.match(/<svg[^>]*role="img"/gu)?.length).toBe(2);
    for (const text of ["51.6 … 52.4", "≥ 2", "TTFT p99, cold over ready", "MADE UP", "does not hold", "51.9 s"])
      expect(page.replaceAll("\u00a0", " ")).toContain(text);
  });

  it.each([
    [estimate(0.412, 0.031), "s", "412 ± 31 ms"],
    [estimate(21.4, 3.21), "s", "21.4 ± 3.2 s"],
    [estimate(0.0731, 0.0123), "share", "7.31 ± 1.2 %"],
    [estimate(5, 0), "number", "5.00"],
    [estimate(5, null, 1), "gpu-hours", "5.00"],
    [null, "s", "–"],
  ] as const)("a mean %j in %s is %s", (found, unit, text) => {
    expect(estimateText(found, unit)).toBe(text);
  });
});
