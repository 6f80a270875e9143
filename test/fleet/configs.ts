import * as fc from "fast-check";
import { CALM, churnSchema, victimSchema, type Between, type Churn, type Drain } from "../../src/fleet/churn/settings.ts";
import type { StartUpConfig, WarmPoolConfig } from "../../src/fleet/cold-start/start-up.ts";
import type { FleetConfig, RequestRecord } from "../../src/fleet/config.ts";
import type { Run } from "../../src/fleet/run.ts";
import { KEDA_DEFAULTS } from "../../src/autoscaler/keda/spec.ts";
import { KPA_DEFAULTS } from "../../src/autoscaler/knative/spec.ts";
import { predictiveSchema, queueLengthSchema, scheduledSchema } from "../../src/autoscaler/settings.ts";
import type { Policy } from "../../src/fleet/policy.ts";
import { routerSchema, type RouterSettings } from "../../src/fleet/settings.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import type { Duration } from "../../src/replica/cold-start/duration.ts";
import type { ColdStartPhase } from "../../src/replica/cold-start/phase.ts";
import { schedulerDefaults, type ReplicaConfig } from "../../src/replica/config.ts";
import type { StepTimeModel } from "../../src/replica/step-batch.ts";
import type { PromptPart, Request, Work } from "../../src/traffic/request.ts";

/** A step time that tells every size of the batch apart, so that a batch put together wrongly changes the result. */
export const tellingStepTime: StepTimeModel = {
  stepTime: (batch) =>
    250_000_001 +
    batch.tokens * 10_007 +
    batch.outputs * 1009 +
    batch.prefillSequences * 503 +
    batch.prefillPairs * 101 +
    batch.prefillContext * 53 +
    batch.decodeSequences * 307 +
    batch.decodeKeys * 211 +
    batch.decodeContext * 17,
  isExtrapolated: (batch) => batch.decodeContext > 40 || batch.tokens > 20,
};

/** Whole quarters of a second: steps of several replicas, arrivals and the autoscaler then meet at the same instants. */
export const evenStepTime: StepTimeModel = {
  stepTime: (batch) => 250_000_000 * (1 + batch.prefillSequences),
  isExtrapolated: () => false,
};

/** A server with room for everything. */
export const roomyReplica: ReplicaConfig = {
  ...schedulerDefaults,
  maxNumSeqs: 64,
  maxNumBatchedTokens: 512,
  maxModelLen: 4096,
  blockSize: 16,
  numGpuBlocks: 2000,
};

export const fleetConfig = (parts: Partial<FleetConfig> = {}): FleetConfig => ({
  scenario: "test",
  seed: 1,
  requests: [],
  stepTime: tellingStepTime,
  replica: roomyReplica,
  coldStart: [],
  policy: { kind: "fixed", replicas: 1 },
  inputs: [],
  notModelled: [],
  ...parts,
});

/** A run and what became of each request, in order of arrival. */
export const simulateAll = (config: FleetConfig): { readonly run: Run; readonly requests: readonly RequestRecord[] } => {
  const requests: RequestRecord[] = [];
  const run = simulate(config, (record) => requests.push(record));
  return { run, requests: requests.sort((a, b) => a.id - b.id) };
};

/** Requests from (gap in ms, prompt, output) triples. */
export const requestsOf = (...triples: readonly (readonly [gapMs: number, prompt: number, output: number])[]): Request[] => {
  let arrivedAt = 0;
  return triples.map(([gap, promptTokens, outputTokens], id) => {
    arrivedAt += Math.round(gap * 1e6);
    return { id, arrivedAt, promptTokens, outputTokens };
  });
};

/** Autoscalers as manifests write them; two of them go to 0 and come back. */
const MANIFESTS: Readonly<Record<"hpa" | "keda" | "knative", Extract<Policy, { kind: "manifest" }>["autoscaler"]>> = {
  hpa: {
    kind: "hpa",
    spec: {
      minReplicas: 1,
      maxReplicas: 4,
      behavior: { scaleDown: { stabilizationWindowSeconds: 30 }, scaleUp: { policies: [{ type: "Pods", value: 1, periodSeconds: 30 }] } },
      metrics: [
        { type: "Pods", metric: "DCGM_FI_DEV_GPU_UTIL", target: { type: "AverageValue", averageMilli: 60_000 } },
        { type: "Pods", metric: "vllm:kv_cache_usage_perc", target: { type: "AverageValue", averageMilli: 500 } },
        { type: "Pods", metric: "requests_per_second", target: { type: "AverageValue", averageMilli: 1000 } },
      ],
    },
  },
  keda: {
    kind: "keda",
    spec: {
      ...KEDA_DEFAULTS,
      pollingInterval: 10,
      cooldownPeriod: 60,
      maxReplicaCount: 4,
      triggers: [
        {
          type: "prometheus",
          query: "requests_queued",
          threshold: 2,
          activationThreshold: 0,
          metricType: "AverageValue",
          ignoreNullValues: true,
        },
        {
          type: "prometheus",
          query: "sum(vllm:num_requests_running + vllm:num_requests_waiting)",
          threshold: 2,
          activationThreshold: 0,
          metricType: "AverageValue",
          ignoreNullValues: true,
        },
      ],
    },
  },
  knative: { kind: "knative", spec: { ...KPA_DEFAULTS, target: 2, containerConcurrency: 3, maxScale: 4, window: 20 } },
};

const policies: fc.Arbitrary<Policy> = fc.oneof(
  fc.record({ kind: fc.constant("fixed" as const), replicas: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant("hpa" as const),
    min_replicas: fc.integer({ min: 1, max: 2 }),
    max_replicas: fc.integer({ min: 2, max: 5 }),
    metric: fc.constantFrom("vllm:num_requests_running" as const, "vllm:num_requests_waiting" as const, "requests_in_flight" as const),
    target_average: fc.constantFrom(0.5, 1, 2.5),
    initial_replicas: fc.integer({ min: 1, max: 6 }),
    scrape: fc.constantFrom(undefined, { interval_s: 15, delay_s: 0 }, { interval_s: 10, delay_s: 7 }),
  }),
  fc.constant(
    scheduledSchema.parse({
      kind: "scheduled",
      schedule: [
        { at: "*/2 * * * *", replicas: 3 },
        { at: "1-59/2 * * * *", replicas: 1 },
      ],
    }),
  ),
  fc.constant(queueLengthSchema.parse({ kind: "queue_length", max_replicas: 4, batch_slots: 4, quiet_s: 30, scale_up_above: 1 })),
  fc.constant(predictiveSchema.parse({ kind: "predictive", max_replicas: 4, target_rate: 1, horizon_s: 30 })),
  fc.constantFrom("hpa" as const, "keda" as const, "knative" as const).map((kind): Policy => ({
    kind: "manifest",
    name: kind,
    autoscaler: MANIFESTS[kind],
    initial_replicas: kind === "hpa" ? 1 : 0,
    startsAt: 0,
  })),
  fc.record({
    kind: fc.constant("module" as const),
    name: fc.constant("mine.mjs"),
    sha256: fc.constant("0"),
    initial_replicas: fc.constantFrom(0, 2),
    module: fc.constant({ decide: ({ now }: { readonly now: number }) => 1 + (Math.floor(now / 15) % 3) }),
  }),
);

/** Every kind of router; the scrape intervals meet steps and arrivals at the same instants, or do not. */
const routers: fc.Arbitrary<RouterSettings> = fc
  .oneof(
    fc.record({ kind: fc.constantFrom("random", "round-robin", "session-affinity") }),
    fc.record({
      kind: fc.constantFrom("least-outstanding", "power-of-two", "least-kv"),
      scrape_interval_s: fc.constantFrom(0, 0.05, 0.25, 0.7, 15),
    }),
    fc.record({
      kind: fc.constant("prefix-aware"),
      scrape_interval_s: fc.constantFrom(0, 0.05, 0.25, 15),
      prefix_weight: fc.constantFrom(0, 3),
      queue_weight: fc.constantFrom(0, 2),
      kv_weight: fc.constantFrom(0, 2),
      blocks_per_replica: fc.constantFrom(undefined, 1, 4),
    }),
    fc.record({
      kind: fc.constant("consistent-hash"),
      key: fc.constantFrom("prefix", "session"),
      load_factor: fc.constantFrom(1, 1.25, 1000),
      virtual_nodes: fc.constantFrom(1, 16),
    }),
  )
  .map((settings) => routerSchema.parse(settings));

/** Servers so small that the limits on sequences, tokens and blocks all bind, under every policy of the scheduler. */
const tightReplicas: fc.Arbitrary<ReplicaConfig> = fc
  .record({
    maxNumSeqs: fc.integer({ min: 1, max: 6 }),
    extraTokens: fc.integer({ min: 0, max: 24 }),
    maxModelLen: fc.integer({ min: 24, max: 80 }),
    blockSize: fc.integer({ min: 1, max: 8 }),
    spareBlocks: fc.integer({ min: 0, max: 12 }),
    enablePrefixCaching: fc.boolean(),
    longPrefillTokenThreshold: fc.constantFrom(0, 0, 3, 10),
    schedulingPolicy: fc.constantFrom("fcfs" as const, "priority" as const),
    schedulerReserveFullIsl: fc.boolean(),
    watermark: fc.constantFrom(0, 0, 0.1),
    enableChunkedPrefill: fc.constantFrom(true, true, true, false),
  })
  .map(({ extraTokens, spareBlocks, ...rest }) => ({
    ...rest,
    maxNumBatchedTokens: Math.max(rest.maxNumSeqs + extraTokens, rest.enableChunkedPrefill ? 0 : rest.maxModelLen),
    numGpuBlocks: 1 + Math.ceil(40 / rest.blockSize) + spareBlocks,
  }));

/** Gaps from a burst at one instant to minutes of silence, so that queues, preemptions, scale-ups and scale-downs all occur. */
const gaps = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 2000 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 8 }).map((quarters) => quarters * 250) },
  { weight: 1, arbitrary: fc.integer({ min: 1000, max: 20_000 }) },
  { weight: 1, arbitrary: fc.constant(400_000) },
);

const triples = fc.tuple(gaps, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 40 }));

/** What a request shares with others: its priority, the names in its prompt (also those of outputs), the name of its output, and what follows. */
const sharings = fc.record(
  {
    priority: fc.integer({ min: 0, max: 2 }),
    parts: fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 4 }),
    outputId: fc.integer({ min: 10, max: 12 }),
    turns: fc.array(fc.tuple(fc.constantFrom(0, 1, 250_000_000, 3_000_000_007), fc.integer({ min: 1, max: 8 })), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

/** Gives a request what it shares; parts are cut where the prompt ends. Each turn of a session has all of the turn before in front. */
const sharing = <T extends Work>(work: T, { priority, parts, outputId, turns }: Sharing): T => {
  const cut: PromptPart[] = [];
  let room = work.promptTokens;
  for (const [id, tokens] of parts ?? []) {
    if (room > 0) cut.push({ id, tokens: Math.min(tokens, room) });
    room -= tokens;
  }
  const shared = {
    ...work,
    ...(priority === undefined ? {} : { priority }),
    ...(parts === undefined ? {} : { parts: cut }),
    ...(outputId === undefined ? {} : { outputId }),
  };
  const [turn, ...rest] = turns ?? [];
  if (turn === undefined) return shared;
  const [thinkTime, more] = turn;
  const promptTokens = work.promptTokens + work.outputTokens + more;
  const before = cut.reduce((sum, { tokens }) => sum + tokens, 0);
  const nextParts = outputId !== undefined && before === work.promptTokens ? [...cut, { id: outputId, tokens: work.outputTokens }] : cut;
  const next = sharing(
    { thinkTime, promptTokens, outputTokens: 1 + (more % 5), parts: nextParts },
    { turns: rest, ...(outputId === undefined ? {} : { outputId: outputId + 3 }) },
  );
  return { ...shared, next };
};
type Sharing = typeof sharings extends fc.Arbitrary<infer T> ? T : never;

const durations: fc.Arbitrary<Duration> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 0.001, 3, 40) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Duration[]>(
      { kind: "constant", seconds: 2 },
      { kind: "uniform", min_s: 0, max_s: 9 },
      { kind: "log-normal", p50_s: 4, p99_s: 60 },
      { kind: "empirical", seconds: [0.5, 3, 3, 20] },
    ),
  },
);

/** Phases of every kind: drawn, with stock-outs, over shared links and from peers, spared by a known node, and probes. */
const phases: fc.Arbitrary<ColdStartPhase> = fc
  .tuple(
    fc.record(
      {
        name: fc.constantFrom("image", "weights"),
        state: fc.constantFrom("provisioning" as const, "loading" as const, "warming" as const),
        onKnownNode: fc.constantFrom(0, 0.5),
      },
      { requiredKeys: ["name", "state"] },
    ),
    fc.oneof(
      {
        weight: 2,
        arbitrary: fc.record(
          { duration: durations, stockOut: fc.record({ probability: fc.constantFrom(0, 0.4), retry: durations }) },
          { requiredKeys: ["duration"] },
        ),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          transfer: fc.record(
            {
              bytes: fc.constantFrom(0, 1e9 + 7, 20e9),
              bandwidth: fc.constantFrom(1e9, 4e9),
              sharedBandwidth: fc.constantFrom(1e9, 5e9 + 3),
              cached: fc.constantFrom(0.5, 1),
              peerBandwidth: fc.constantFrom(5e8, 3e9),
            },
            { requiredKeys: ["bytes", "bandwidth"] },
          ),
        }),
      },
      { weight: 1, arbitrary: fc.record({ probe: fc.record({ period: fc.constantFrom(0.25, 10), initialDelay: fc.constantFrom(0, 7) }) }) },
    ),
  )
  .map(([named, kind]) => ({ ...named, ...kind }));

const pools: fc.Arbitrary<WarmPoolConfig> = fc.record({
  size: fc.integer({ min: 1, max: 2 }),
  prepared: fc.integer({ min: 1, max: 4 }),
  kind: fc.constantFrom("asleep" as const, "node" as const),
  wake: durations,
  paidShare: fc.constantFrom(0, 0.25, 1),
});

const betweens: fc.Arbitrary<Between> = fc.oneof(
  fc.record({ kind: fc.constant("exponential" as const), mean_s: fc.constantFrom(4, 20, 100, 600) }),
  fc.record({ kind: fc.constant("weibull" as const), scale_s: fc.constantFrom(10, 60), shape: fc.constantFrom(0.7, 2) }),
);
const statedTimes = fc.array(fc.constantFrom(0, 0.5, 5.25, 30, 100), { maxLength: 2 });

/** Every way to drain, every victim, servers that die, nodes that are reclaimed, rolling updates, alone and together. */
export const churns: fc.Arbitrary<Churn> = fc
  .record({
    drain: fc.oneof(
      fc.constantFrom<Drain>({ kind: "finish" }, { kind: "hand-over" }),
      fc.record({ kind: fc.constant("grace" as const), grace_period_s: fc.constantFrom(0, 0.75, 5, 30) }),
    ),
    victim: fc.constantFrom(...victimSchema.unwrap().options),
    replica: fc.option(
      fc.record({
        between: fc.option(betweens, { nil: undefined }),
        at_s: statedTimes,
        recovery: fc.constantFrom("restart" as const, "replace" as const),
        back_off: fc.boolean(),
        replace_after_s: fc.constantFrom(0, 7.5, 300),
        is_paid: fc.constantFrom(true, true, false),
      }),
    ),
    node: fc.option(
      fc.record({ between: fc.option(betweens, { nil: undefined }), at_s: statedTimes, notice_s: fc.constantFrom(0, 0.5, 10, 120) }),
    ),
    rolling: fc.option(
      fc
        .record({
          at_s: fc.constantFrom(0, 0.5, 10, 60),
          max_surge: fc.constantFrom<(number | string)[]>(0, 1, 2, "25%", "100%"),
          max_unavailable: fc.constantFrom<(number | string)[]>(0, 1, "25%", "50%"),
        })
        .filter((update) => update.max_surge !== 0 || update.max_unavailable !== 0),
    ),
  })
  .map(({ drain, victim, replica, node, rolling }) => {
    const strikes = (failures: { readonly between: Between | undefined; readonly at_s: readonly number[] } | null): boolean =>
      failures !== null && (failures.between !== undefined || failures.at_s.length > 0);
    return churnSchema.parse({
      drain,
      victim,
      failures: { ...(strikes(replica) ? { replica } : {}), ...(strikes(node) ? { node } : {}) },
      ...(rolling === null ? {} : { rolling_update: rolling }),
    });
  });

/** Fleets on which everything that can go wrong does: bursts, preemption, rejection, scaling while busy, failures, reclaimed nodes and rolling updates. */
export const fleets = (): fc.Arbitrary<FleetConfig> =>
  fc
    .record({
      first: fc.tuple(gaps, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 })),
      rest: fc.array(triples, { maxLength: 50, size: "max" }),
      shared: fc.array(sharings, { maxLength: 50, size: "max" }),
      stepTime: fc.constantFrom(tellingStepTime, evenStepTime),
      replica: tightReplicas,
      policy: policies,
      router: routers,
      concurrencyLimit: fc.constantFrom(Infinity, Infinity, 1, 3),
      coldStart: fc.array(phases, { maxLength: 4 }),
      keepNode: fc.constantFrom(0, 0, 20, 600),
      pool: fc.option(pools),
      churn: fc.oneof(fc.constant(CALM), churns),
    })
    .map(({ first, rest, shared, keepNode, pool, ...config }) => {
      const requests = requestsOf(first, ...rest);
      const prepared = Math.min(pool?.prepared ?? 0, config.coldStart.length);
      const startUp: StartUpConfig = { keepNode, warmPool: pool === null || prepared === 0 ? null : { ...pool, prepared } };
      return fleetConfig({ ...config, startUp, requests: requests.map((request, i) => sharing(request, shared[i] ?? {})) });
    });
