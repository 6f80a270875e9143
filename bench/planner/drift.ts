import { driftsOf } from "../../src/plan/confidence/drift.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { generate, type GeneratedTraffic } from "../../src/traffic/generate.ts";

/** How often the test of drift fires on an hour of traffic that does not drift, and on one whose rate rises. */

const REQUESTS_PER_S = 2;
const HOUR_S = 3600;
const STEPS = 20;
const lengths = {
  prompt: { kind: "log-normal", p50_tokens: 1000, p99_tokens: 4000, max_tokens: 8000 },
  output: { kind: "log-normal", p50_tokens: 100, p99_tokens: 400, max_tokens: 800 },
} as const;
const common = { requests_per_s: REQUESTS_PER_S, duration_s: HOUR_S, ...lengths };

const rising = (factor: number): GeneratedTraffic => ({
  kind: "steps",
  steps: Array.from({ length: STEPS }, (_, i) => ({
    for_s: HOUR_S / STEPS,
    requests_per_s: REQUESTS_PER_S * (1 + ((factor - 1) * i) / (STEPS - 1)),
  })),
  ...lengths,
});

const TRAFFIC: readonly (readonly [string, GeneratedTraffic])[] = [
  ["Poisson", { kind: "poisson", ...common }],
  ["gamma, cv 3", { kind: "gamma", cv: 3, ...common }],
  ["bursts of 30 s", { kind: "bursty", burst_factor: 4, burst_s: 30, calm_s: 270, ...common }],
  ["bursts of 200 s", { kind: "bursty", burst_factor: 4, burst_s: 200, calm_s: 600, ...common }],
  ["rises by a fifth", rising(1.2)],
  ["rises by half", rising(1.5)],
];

/** The share of so many hours of each traffic in which the test fires. */
export const firingShares = (hours: number): { readonly name: string; readonly fires: number }[] =>
  TRAFFIC.map(([name, traffic]) => ({
    name,
    fires: Array.from({ length: hours }, (_, seed) => driftsOf([...generate(traffic, createStreams(seed))])).filter(
      ({ length }) => length > 0,
    ).length,
  }));
