import { KPA_DEFAULTS } from "../../../src/autoscaler/knative/spec.ts";
import { predictiveSchema } from "../../../src/autoscaler/settings.ts";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import type { Policy } from "../../../src/fleet/policy.ts";
import { routerSchema } from "../../../src/fleet/settings.ts";
import { simulate } from "../../../src/fleet/simulate.ts";
import type { ColdStartPhase } from "../../../src/replica/cold-start/phase.ts";
import { schedulerDefaults } from "../../../src/replica/config.ts";
import { createStreams } from "../../../src/sim/streams.ts";
import { generate } from "../../../src/traffic/generate.ts";
import { trafficSchema, type Traffic } from "../../../src/traffic/schema.ts";

/** Fleets whose runs use all of the simulator's arithmetic: every generator's draws, cold starts that vary, routers that draw, sketches. */

const lengths = {
  prompt: { kind: "log-normal", p50_tokens: 600, p99_tokens: 3000, max_tokens: 6000 },
  output: { kind: "log-normal", p50_tokens: 80, p99_tokens: 400, max_tokens: 600 },
};

const traffics = [
  { kind: "bursty", requests_per_s: 6, duration_s: 900, burst_s: 30, calm_s: 120, ...lengths },
  { kind: "diurnal", requests_per_s: 5, duration_s: 900, swing: 0.8, day_s: 600, peak_s: 200, ...lengths },
  { kind: "gamma", requests_per_s: 5, duration_s: 900, cv: 3, ...lengths },
  {
    kind: "sessions",
    sessions_per_s: 1,
    duration_s: 900,
    turns: { kind: "geometric", mean_turns: 4 },
    think_s: { kind: "log-normal", p50_s: 5, p99_s: 60 },
    system_tokens: 200,
    max_prompt_tokens: 6000,
    ...lengths,
  },
].map((traffic) => trafficSchema.parse(traffic) as Exclude<Traffic, { kind: "trace" }>);

const policies: readonly Policy[] = [
  { kind: "fixed", replicas: 3 },
  { kind: "hpa", min_replicas: 1, max_replicas: 5, metric: "requests_in_flight", target_average: 4 },
  predictiveSchema.parse({ kind: "predictive", max_replicas: 5, target_rate: 2, horizon_s: 60 }),
  {
    kind: "manifest",
    name: "Knative Service",
    autoscaler: { kind: "knative", spec: { ...KPA_DEFAULTS, target: 4, containerConcurrency: 8, maxScale: 5 } },
    initial_replicas: 1,
    startsAt: 0,
  },
];

const coldStart: readonly ColdStartPhase[] = [
  {
    name: "provision",
    state: "provisioning",
    duration: { kind: "log-normal", p50_s: 20, p99_s: 90 },
    stockOut: { probability: 0.2, retry: 15 },
  },
  { name: "weights", state: "loading", transfer: { bytes: 16e9, bandwidth: 2e9, sharedBandwidth: 3e9 } },
  { name: "warm-up", state: "warming", duration: { kind: "uniform", min_s: 3, max_s: 9 } },
];

const config = (traffic: (typeof traffics)[number], policy: Policy, seed: number): FleetConfig => ({
  scenario: traffic.kind,
  seed,
  requests: generate(traffic, createStreams(seed)),
  stepTime: {
    stepTime: (batch) => 8_000_000 + batch.tokens * 28_000 + batch.decodeContext * 40 + batch.prefillPairs,
    isExtrapolated: () => false,
  },
  replica: { ...schedulerDefaults, maxNumSeqs: 64, maxNumBatchedTokens: 2048, maxModelLen: 8192, blockSize: 16, numGpuBlocks: 520 },
  coldStart,
  policy,
  router: routerSchema.parse({ kind: seed % 2 === 0 ? "power-of-two" : "prefix-aware" }),
  inputs: [],
  notModelled: [],
});

const cases = traffics.flatMap((traffic, i) => policies.map((policy, j) => config(traffic, policy, 4 * i + j)));

/** How many runs there are. */
export const count = cases.length;

/** The runs whose numbers are `worker` modulo `workers`, as they are saved. */
export const runs = (worker = 0, workers = 1): [number: number, text: string][] =>
  cases.flatMap((each, i) => (i % workers === worker ? [[i, JSON.stringify(simulate(each))]] : []));
