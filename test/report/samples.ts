import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import type { DeviceModel } from "../../src/calibration/device-model.ts";
import type { Run } from "../../src/fleet/run.ts";
import type { Candidate, Plan } from "../../src/plan/schema.ts";
import type { Start } from "../../src/profile/measurements/warm-up.ts";
import { UNKNOWN_MACHINE } from "../../src/profile/machine-state.ts";
import { type Measurement, type Profile, profileSchema } from "../../src/profile/schema.ts";
import type { Input } from "../../src/provenance.ts";

/** Values as the other parts hand them over, for devices and fleets that do not exist: plausible shapes, round numbers. */

/** Repeatable noise within ±2 %. */
const noisy = (value: number, n = 7): number[] => Array.from({ length: n }, (_, i) => value * (1 + 0.02 * Math.sin(12.9898 * (i + 1))));

const MI = 2 ** 20;

const upload = (method: "writeBuffer" | "mappedAtCreation" | "staging-ring", bytes: number, chunk: number, rate: number): Measurement => ({
  id: `upload/${method}/${bytes / MI}MiB/${chunk / MI}MiB`,
  kind: "upload",
  method,
  bytes,
  chunk_bytes: chunk,
  into_bytes: bytes,
  first_s: noisy(0.002 + (1.7 * bytes) / rate, 9),
  repeated_s: noisy(0.0004 + bytes / rate, 5),
  ...ONE_PROCESS,
  verified: true,
});

const kernel = (
  family: string,
  variant: string,
  shape: Record<string, number>,
  operations: number,
  bytes: number,
  seconds: number,
  dtype: "f32" | "f16" = "f32",
): Measurement => ({
  id: `${variant}/${Object.entries(shape)
    .map(([name, size]) => `${name}${size}`)
    .join("-")}`,
  kind: "kernel",
  family,
  variant,
  version: 1,
  dtype,
  shape,
  operations,
  bytes,
  cache: "hot",
  rotated_bytes: 0,
  power_w: null,
  timing: {
    kind: "gpu-timestamp",
    samples_s: noisy(seconds),
    runs_per_sample: 16,
    dropped: 0,
    throttled: 0,
    visits: [],
    process_noise: null,
    stopping: null,
  },
});

/** Time under two roofs and an overhead: how kernels of this sample device behave. */
const roofline = (operations: number, bytes: number, rate: number, bandwidth: number): number =>
  3e-6 + Math.max(operations / rate, bytes / bandwidth);

const MATMULS = [
  { n: 6144, k: 4096 },
  { n: 4096, k: 4096 },
  { n: 28672, k: 4096 },
  { n: 4096, k: 14336 },
  { n: 128256, k: 4096 },
] as const;
const TOKENS = [1, 4, 16, 64, 256, 1024, 2048] as const;

const matmuls = (): Measurement[] =>
  MATMULS.flatMap(({ n, k }) =>
    TOKENS.flatMap((m) => {
      const operations = 2 * m * n * k;
      const bytes = 2 * (m * k + n * k + m * n);
      return [
        kernel("matmul", "matmul/tiled-f16", { m, n, k }, operations, bytes, roofline(operations, bytes, 42e12, 1.1e12), "f16"),
        kernel("matmul", "matmul/registers-f16", { m, n, k }, operations, bytes, roofline(operations, bytes, 31e12, 1.7e12), "f16"),
        ...(m <= 16
          ? [kernel("matmul", "matmul/matvec-f16", { m, n, k }, operations, bytes, roofline(operations, bytes, 2e12, 3.4e12), "f16")]
          : []),
      ];
    }),
  );

const HEADS = { heads: 32, kv_heads: 8, head_dim: 128 } as const;
const attention = (): Measurement[] => [
  ...[64, 256, 1024].flatMap((tokens) =>
    [0, 1024, 4096].map((context) => {
      const operations = 4 * 4096 * (tokens * context + (tokens * (tokens + 1)) / 2);
      const bytes = 2 * 2 * (tokens * 4096 + (context + tokens) * 1024);
      return kernel(
        "attention-prefill",
        "attention-prefill/online-f16",
        { ...HEADS, chunk: tokens, context },
        operations,
        bytes,
        roofline(operations, bytes, 12e12, 2e12),
        "f16",
      );
    }),
  ),
  ...[1, 4, 16, 64].flatMap((batch) =>
    [128, 1024, 4096].map((context) => {
      const operations = 4 * 4096 * batch * context;
      const bytes = 2 * 2 * batch * context * 1024;
      return kernel(
        "attention-decode",
        "attention-decode/split-f16",
        { ...HEADS, sequences: batch, context },
        operations,
        bytes,
        roofline(operations, bytes, 6e12, 2.6e12),
        "f16",
      );
    }),
  ),
];

const sampleAdapter = {
  vendor: "example",
  architecture: "sample",
  device: "",
  description: "Example GPU",
  is_fallback: false,
  type: "discrete GPU",
  backend: "vulkan",
  driver: "999.10",
  memory_heaps: [{ size_bytes: 150_000_000_000, device_local: true }],
  subgroup_sizes: null,
  matrix_units: null,
  features: ["shader-f16", "subgroups", "timestamp-query"],
  limits: { maxStorageBufferBindingSize: 2_147_483_644, maxBufferSize: 4_294_967_292 },
};

const settling = (pipeline: number, first: number, slow: readonly number[]) => ({
  shader_modules_s: noisy(0.0011, 9),
  pipelines_s: noisy(pipeline, 9),
  first_dispatch_s: first,
  dispatches_s: [...slow, ...noisy(0.005, 40)],
  gpu_s: [first, ...slow, ...noisy(0.003, 40)],
  steady_after: slow.length,
});

const processStart = (launch: number, pipelines: "cold" | "disk-warm", pipeline: number): Start => ({
  fresh: "process",
  pipelines,
  launch,
  browser_start_s: 1.21,
  browser_cache_entries: pipelines === "cold" ? 0 : 27,
  driver_cache_bytes: pipelines === "cold" ? 0 : 2_300_000,
  adapter_s: 0.034,
  device_s: 0.061,
  ...settling(pipeline, 0.214, [0.021, 0.014, 0.0098, 0.0081, 0.0063]),
});

const starts = (): Start[] => [
  processStart(0, "cold", 0.187),
  { fresh: "nothing", pipelines: "hot", ...settling(0.0006, 0.0052, []) },
  { fresh: "pipelines", pipelines: "cold", ...settling(0.18, 0.19, [0.008]) },
  { fresh: "device", pipelines: "process-warm", adapter_s: 0.002, device_s: 0.02, ...settling(0.02, 0.03, [0.009]) },
  processStart(0, "disk-warm", 0.04),
  processStart(1, "cold", 0.187),
];

const compiling = (): Measurement => ({
  id: "compile",
  kind: "compile",
  kernels: 9,
  missing: null,
  runs: (["cold", "hot", "process-warm", "disk-warm"] as const).flatMap((pipelines, state) =>
    [1, 4, 16].map((pending) => {
      const each = [0.19, 0.0006, 0.02, 0.04][state]!;
      return { pipelines, pending, each_s: noisy(each, 18), total_s: (18 * each) / Math.sqrt(pending) };
    }),
  ),
});

/** A discrete GPU, wholly measured. */
export const gpuProfile = (changes: Partial<Profile> = {}): Profile =>
  profileSchema.parse({
    schema: "ballast.profile/4",
    device: "Example GPU",
    is_gpu: true,
    condition: "web",
    runtime: "chrome",
    ballast_version: "0.1.0",
    started_at: "2026-11-23T12:00:00Z",
    budget_s: 600,
    is_quick: false,
    environment: {
      os: "Debian 13, Linux 6.12",
      cpu: "Example CPU",
      cpu_cores: 16,
      memory_bytes: 128 * 2 ** 30,
      node: "v20.20.2",
      browser: "Chrome/156.0.0.0",
      launch_flags: ["--enable-unsafe-webgpu"],
      weakening_flags: [{ flag: "--no-sandbox", what: "pages run without the sandbox" }],
      toggles: [],
      adapter: sampleAdapter,
      native: { tool: "nvidia-smi", name: "Example GPU", driver: "999.10", memory_bytes: 150_000_000_000 },
      other_gpu_processes: [],
    },
    machine: UNKNOWN_MACHINE,
    native_reference: null,
    verifications: [
      { kind: "passed", variant: "matmul/tiled-f16", shapes: 12, worst_share_of_bound: 0.12 },
      { kind: "passed", variant: "matmul/registers-f16", shapes: 12, worst_share_of_bound: 0.08 },
      { kind: "failed", variant: "matmul/wide-f16", because: "m 65 · n 33 · k 7: got 1.25 at c[3], reference 1.5, bound 0.001" },
      { kind: "unverified", variant: "matmul/subgroup-f16", because: "needs subgroups" },
      { kind: "unverified", variant: "attention-decode/subgroup-f16", because: "needs subgroups" },
    ],
    measurements: [
      {
        id: "clock",
        kind: "clock",
        timestamp_tick_s: 1.024e-6,
        performance_now_step_s: 5e-6,
        empty_submit_s: noisy(2.4e-4),
        small_submit_s: noisy(2.42e-3),
      },
      { id: "warm-up", kind: "warm-up", starts: starts(), missing: null },
      compiling(),
      {
        id: "overhead",
        kind: "overhead",
        dispatch_s: noisy(2.1e-6),
        switched_dispatch_s: noisy(2.9e-6),
        pass_s: noisy(1.1e-5),
        submit_s: noisy(3.8e-5),
        encode_s: [-1e-8, ...noisy(2e-7)],
        gpu_dispatch_s: noisy(1.7e-6),
        gpu_switched_dispatch_s: noisy(1.8e-6),
        ...ONE_PROCESS,
      },
      ...[MI, 4 * MI, 16 * MI, 64 * MI, 256 * MI, 1024 * MI].flatMap((bytes) => [
        upload("writeBuffer", bytes, Math.min(bytes, 4 * MI), 3.1e9),
        upload("writeBuffer", bytes, Math.min(bytes, 64 * MI), 2.2e9),
        upload("mappedAtCreation", bytes, bytes, 4.4e9),
        upload("staging-ring", bytes, Math.min(bytes, 16 * MI), 6.2e9),
      ]),
      kernel("copy", "copy/vec4", { length: 2 ** 28 }, 0, 2 ** 31, 2 ** 31 / 3.9e12),
      kernel("read", "read/vec4x8", { length: 2 ** 28 }, 0, 2 ** 30, 2 ** 30 / 3.7e12),
      kernel("multiply-add", "multiply-add/vec4x4-t64-f32", { threads: 2 ** 20, steps: 1024 }, 2 ** 35, 2 ** 24, 2 ** 35 / 52e12),
      kernel("multiply-add", "multiply-add/vec4x8-t256-f32", { threads: 2 ** 20, steps: 1024 }, 2 ** 36, 2 ** 24, 2 ** 36 / 55e12),
      kernel("multiply-add", "multiply-add/vec4x4-t64-f16", { threads: 2 ** 20, steps: 1024 }, 2 ** 35, 2 ** 23, 2 ** 35 / 104e12, "f16"),
      ...matmuls(),
      ...attention(),
    ],
    left_out: [
      { id: "upload/staging-ring/4096MiB", because: "the budget ran out" },
      { id: "matmul/tiled-f16/m4096-n128256-k4096", because: "the budget ran out" },
    ],
    notes: [],
    ...changes,
  } satisfies Profile);

/** A software adapter, in a hurry: no GPU timestamps, few measurements. */
export const softwareProfile = (): Profile => {
  const gpu = gpuProfile();
  const seconds = (m: number): number => (2 * m * 704 * 256) / 4e9;
  return profileSchema.parse({
    ...gpu,
    device: "SwiftShader (software)",
    is_gpu: false,
    budget_s: 60,
    is_quick: true,
    environment: {
      ...gpu.environment,
      native: null,
      cpu_cores: 2,
      adapter: { ...sampleAdapter, is_fallback: true, type: "CPU", description: "SwiftShader" },
    },
    verifications: [{ kind: "passed", variant: "matmul/tiled-f32", shapes: 12, worst_share_of_bound: 0.12 }],
    measurements: [
      {
        id: "clock",
        kind: "clock",
        timestamp_tick_s: null,
        performance_now_step_s: 1e-4,
        empty_submit_s: [2.5e-4],
        small_submit_s: [2.4e-3],
      },
      upload("writeBuffer", MI, MI, 1.5e9),
      ...[1, 16].map((m): Measurement => ({
        ...(kernel(
          "matmul",
          "matmul/tiled-f32",
          { m, n: 704, k: 256 },
          2 * m * 704 * 256,
          4 * (704 * 256 + m * 960),
          seconds(m),
        ) as Extract<Measurement, { kind: "kernel" }>),
        cache: "hot",
        rotated_bytes: 0,
        power_w: null,
        timing: {
          kind: "wall-clock",
          samples_s: noisy(seconds(m)),
          runs_per_sample: 8,
          dropped: 0,
          throttled: 0,
          visits: [],
          process_noise: null,
          stopping: null,
          because: "no timestamp-query",
        },
      })),
    ],
    left_out: [],
    notes: ["The device was lost once and opened again."],
  } satisfies Profile);
};

export const deviceModel = (changes: Partial<DeviceModel> = {}): DeviceModel => ({
  schema: "ballast.device-model/2",
  model: "Llama-3.1-8B",
  device: "Example GPU",
  is_gpu: true,
  condition: "web",
  profile: "0123456789abcdef",
  engine: "webgpu",
  anchored: null,
  dtype: "f16",
  weight_bytes: 16_060_522_496,
  kv_bytes_per_token: 131_072,
  memory: { bytes: 150_000_000_000, origin: "measured", source: "nvidia-smi" },
  load: {
    setup_s: 0.0021,
    bandwidth_bytes_per_s: 6.1e9,
    method: "staging-ring, 16 MiB chunks",
    valid_bytes: [MI, 1024 * MI],
    error: {
      kind: "checked",
      points: [{ id: "upload/staging-ring/64MiB", predicted_s: 0.0131, measured_s: 0.0128 }],
      median_abs: 0.023,
      p90_abs: 0.023,
      bias: 0.023,
    },
  },
  warm_up: {
    phases: [
      { name: "browser", seconds: 1.21 },
      { name: "adapter and device", seconds: 0.095 },
      { name: "pipelines", seconds: 1.7 },
      { name: "first dispatch", seconds: 0.214 },
      { name: "until steady", seconds: 0.035 },
    ],
    dispatches_until_steady: 5,
    error: { kind: "not-checked", because: "one start was measured" },
  },
  step: {
    kind: "composed",
    overhead_s: 0.0009,
    linear: {
      at: [1, 4, 16, 64, 256, 1024, 2048],
      seconds: [0.0048, 0.0049, 0.0056, 0.0101, 0.096, 0.38, 0.76],
    },
    head: { at: [1, 16, 64], seconds: [0.00032, 0.00041, 0.0016] },
    per_token_s: 2.1e-7,
    prefill_attention: { setup_s: 0.0001, per_token_s: 0, per_pair_s: 4.4e-8 },
    decode_attention: { setup_s: 0.0001, per_sequence_s: 1e-6, per_key_s: 5e-8 },
    valid: { tokens: [1, 2048], prefill_context: [64, 5120], decode_sequences: [1, 64], decode_context: [128, 4096] },
    error: {
      kind: "checked",
      points: [
        { id: "layer/decode-4-1024", predicted_s: 0.00021, measured_s: 0.000204 },
        { id: "layer/decode-64-1024", predicted_s: 0.00052, measured_s: 0.00055 },
        { id: "layer/prefill-256-0", predicted_s: 0.0031, measured_s: 0.00306 },
        { id: "layer/mixed-32-512", predicted_s: 0.0069, measured_s: 0.0061 },
        { id: "layer/prefill-2048-1024", predicted_s: 0.0245, measured_s: 0.0252 },
      ],
      median_abs: 0.029,
      p90_abs: 0.089,
      bias: 0.021,
    },
  },
  notes: ["The head was measured up to 64 sequences."],
  ...changes,
});

const inputs: Input[] = [
  { name: "objective", value: "TTFT p99 ≤ 2 s", origin: "given", source: "scenario.yaml" },
  { name: "weight load bandwidth", value: "6.10 GB/s", origin: "measured", source: "runs/2026-11-23-web-0123abcd/profile.json" },
  { name: "node provisioning", value: "60 s", origin: "assumed", source: "default of cold_start.provision_s" },
];
const notModelled = [
  "Routing delay, the network and the tokenizer.",
  "Nodes that fail or are taken away; the shared storage that several replicas load from at once, so that simultaneous cold starts take longer than stated here.",
];

const latencies = (p50: number, p99: number): Candidate["ttft_s"] => ({
  count: 7214,
  mean: p50 * 1.2,
  p50,
  p90: p50 + (p99 - p50) * 0.5,
  p95: p50 + (p99 - p50) * 0.7,
  p99,
  max: p99 * 1.6,
});

export const candidate = (replicas: number, ttft: number | null, changes: Partial<Candidate> = {}): Candidate => {
  const verdict = ttft !== null && ttft <= 2 ? "meets" : "misses";
  const common = { unit: "s", worst_window: null } as const;
  return {
    policy: `fixed, ${replicas} ${replicas === 1 ? "replica" : "replicas"}`,
    replicas: { min: replicas, max: replicas, mean: replicas },
    objectives: [
      {
        ...common,
        objective: "ttft.p99<=2s",
        limit: 2,
        value: ttft,
        interval: { low: ttft === null ? null : 0.8 * ttft, high: ttft === null ? null : 1.2 * ttft },
        verdict,
      },
      { ...common, objective: "tpot.p99<=100ms", limit: 0.1, value: 0.0312, interval: { low: 0.029, high: 0.033 }, verdict: "meets" },
    ],
    verdict,
    replications: 4,
    replications_met: verdict === "meets" ? 4 : 1,
    gpu_hours: replicas,
    scale_events: 0,
    utilization: 3.7 / replicas,
    mean_batch: 78 / replicas,
    ttft_s: ttft === null ? null : latencies(0.214, ttft),
    tpot_s: latencies(0.018, 0.0312),
    ...changes,
  };
};

const autoscaler = candidate(9, 14.2, {
  policy: "HPA on requests_in_flight, target average 12, 1 to 24 replicas",
  replicas: { min: 1, max: 9, mean: 4.2 },
  gpu_hours: 4.23,
  scale_events: 17.3333,
  replications_met: 0,
  utilization: 0.81,
  mean_batch: 17.9,
});

export const plan = (changes: Partial<Plan> = {}): Plan => ({
  schema: "ballast.plan/2",
  heading: null,
  model: "Llama-3.1-8B",
  device: "Example GPU",
  question:
    "Bursty chat at 2 requests/s for 1 h: calm for 270 s and bursts of 30 s at 4 times the calm rate; prompts of 256 tokens (median), outputs of 128.",
  seeds: [42, 43, 44],
  capacity: {
    kind: "found",
    replicas: 6,
    interval: { low: 6, high: 7, of: "the replications and the step model's held-out error" },
    candidate: candidate(6, 1.42),
    one_fewer: candidate(5, 3.1),
    breaks_at_rate: 1.18,
    headroom_over_mean: 0.423,
  },
  autoscaler,
  tried: [
    { replicas: 4, verdict: "misses", replications: 2 },
    { replicas: 8, verdict: "meets", replications: 4 },
    { replicas: 6, verdict: "meets", replications: 4 },
    { replicas: 5, verdict: "misses", replications: 4 },
  ],
  inputs,
  not_modelled: notModelled,
  notes: ["2.1 % of the steps lie outside the measured range of the step curve."],
  ...changes,
});

export const impossiblePlan = (): Plan =>
  plan({
    heading: "Pipeline check, not a capacity answer: measured on a software adapter",
    capacity: {
      kind: "impossible",
      because: "one request alone on an idle replica takes 3.10 s to its first token, so no number of replicas brings TTFT p99 below 2 s",
      best: candidate(64, 3.1, {
        ttft_s: null,
        utilization: null,
        mean_batch: null,
        objectives: [
          { objective: "ttft.p99<=2s", unit: "s", limit: 2, value: null, interval: null, worst_window: null, verdict: "misses" },
        ],
      }),
    },
    autoscaler: null,
    seeds: [42],
    tried: [],
    notes: [],
  });

/** An hour in windows of a minute: a burst every five minutes, and replicas that follow or stay. */
export const run = (kind: "fixed" | "autoscaler" = "fixed", changes: Partial<Run> = {}): Run => {
  const windows = Array.from({ length: 60 }, (_, i) => i);
  const isBurst = (i: number) => i % 10 >= 7;
  const ready = (i: number) => (kind === "fixed" ? 6 : ([1, 2, 2, 3, 3, 3, 4, 4, 6, 9][i % 10] ?? 1));
  const queued = (i: number) => (isBurst(i) ? (kind === "fixed" ? 3 + (i % 10) : 40 * ((i % 10) - 6)) : 0.2);
  return {
    schema: "ballast.run/1",
    scenario: "bursty chat",
    seed: 42,
    policy: kind === "fixed" ? "fixed, 6 replicas" : "HPA on requests_in_flight, target average 12, 1 to 24 replicas",
    inputs,
    ended_at_s: 3612,
    requests: { arrived: 7214, deferred: 0, queued: 0, running: 0, finished: 7214, rejected: 0, timed_out: 0, cut_off: 0, lost: 0 },
    latency: {
      ttft_s: latencies(0.214, kind === "fixed" ? 1.42 : 14.2),
      tpot_s: latencies(0.018, 0.0312),
      end_to_end_s: latencies(2.9, 9.1),
    },
    tokens: { prompt: 2_310_441, output: 1_180_203, recomputed: 0 },
    preemptions: 0,
    steps: 184_211,
    extrapolated_steps: 3868,
    paid_s: {
      provisioning: kind === "fixed" ? 0 : 1810,
      loading: kind === "fixed" ? 0 : 90,
      warming: kind === "fixed" ? 0 : 61,
      busy: 13_140,
      idle: 8460,
      asleep: 0,
      failed: 0,
    },
    gpu_hours: kind === "fixed" ? 6 : 4.23,
    utilization: 0.61,
    mean_batch: 13,
    scale_events:
      kind === "fixed"
        ? []
        : windows
            .filter((i) => i > 0 && ready(i) !== ready(i - 1))
            .map((i) => ({
              at_s: i * 60,
              from: ready(i - 1),
              to: ready(i),
              because: `requests_in_flight ${ready(i) * 12} against ${ready(i - 1) * 12}`,
              ready_after_s: ready(i) > ready(i - 1) ? 94.2 : null,
            })),
    timeline: {
      window_s: 60,
      arrivals: windows.map((i) => (isBurst(i) ? 240 : 60)),
      replicas_ready: windows.map(ready),
      replicas_starting: windows.map((i) => Math.max(0, ready(i + 1) - ready(i))),
      queued: windows.map(queued),
      running: windows.map((i) => (isBurst(i) ? 70 : 18)),
      kv_use: windows.map((i) => (isBurst(i) ? 0.6 : 0.2)),
      ttft_p99_s: windows.map((i) => (i === 3 ? null : isBurst(i) ? (kind === "fixed" ? 1.3 : 12) : 0.24)),
    },
    not_modelled: notModelled,
    ...changes,
  };
};

/** A run of a fleet with admission, whose clients give up and try again. */
export const guardedRun = (): Run =>
  run("fixed", {
    requests: { arrived: 7000, deferred: 0, queued: 0, running: 0, finished: 6870, rejected: 30, timed_out: 100, cut_off: 0, lost: 0 },
    tokens: { prompt: 2_310_441, output: 1_180_203, recomputed: 0, abandoned: 5120 },
    admission: {
      attempts: 8300,
      retries: 1300,
      failures: [
        { state: "rejected", reason: "queue_full", attempts: 1200, requests: 30 },
        { state: "timed_out", reason: "first_token_timeout", attempts: 230, requests: 100 },
      ],
      not_sent: 12,
      deferred_s: { count: 400, mean: 2.5, p50: 2, p90: 5, p95: 6, p99: 8, max: 30 },
    },
  });
