import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import type { Dtype, Shape } from "../../kernels/kernel.ts";
import { prefillPairs } from "../../kernels/attention/problem.ts";
import { layerLinears, type LayerSizes } from "../../kernels/layer/linears.ts";
import { greedyHead } from "../../kernels/layer/greedy-head.ts";
import { residualAdd } from "../../kernels/layer/residual-add.ts";
import { residualNorm, rmsNorm } from "../../kernels/layer/rms-norm.ts";
import { rotary } from "../../kernels/layer/rotary.ts";
import { swiglu } from "../../kernels/layer/swiglu.ts";
import type { LinearLayer } from "../../src/model/shapes.ts";
import type { StartOf } from "../../src/profile/measurements/warm-up.ts";
import { UNKNOWN_MACHINE } from "../../src/profile/machine-state.ts";
import { PROFILE_SCHEMA, profileSchema, type Measurement, type MeasurementOf, type Profile } from "../../src/profile/schema.ts";

/** A device whose every time is known in closed form, so that what calibration finds can be compared with what is true. */
export interface Truth {
  readonly dtype: Dtype;
  readonly linear: (layer: LinearLayer, tokens: number) => number;
  readonly prefill: { readonly setup_s: number; readonly per_token_and_width_s: number; readonly per_pair_and_width_s: number };
  readonly decode: { readonly setup_s: number; readonly per_sequence_s: number; readonly per_key_and_width_s: number };
  readonly small: { readonly setup_s: number; readonly s_per_byte: number };
  readonly dispatch_s: number;
  readonly submit_s: number;
  readonly load: { readonly setup_s: number; readonly bytes_per_s: number };
}

export const truth: Truth = {
  dtype: "f32",
  // Weights are read once, then every token is multiplied: a knee that a single line would miss.
  linear: ({ n, k }, tokens) => n * k * Math.max(4e-11, 1.5e-12 * tokens),
  prefill: { setup_s: 2e-5, per_token_and_width_s: 3e-11, per_pair_and_width_s: 4e-13 },
  decode: { setup_s: 1.5e-5, per_sequence_s: 3e-6, per_key_and_width_s: 8e-11 },
  small: { setup_s: 6e-6, s_per_byte: 2e-11 },
  dispatch_s: 6e-6,
  submit_s: 4e-5,
  load: { setup_s: 0.004, bytes_per_s: 3e9 },
};

export const tokenCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

const bytesPerToken = (variant: { run(shape: Shape): { bytes: number } }, shape: (tokens: number) => Shape): number =>
  variant.run(shape(2)).bytes - variant.run(shape(1)).bytes;

/** Time of the last norm, the output projection and the choice of the token by the truth. */
export const trueHeadSeconds = (truth: Truth, head: LinearLayer, outputs: number): number =>
  truth.linear(head, outputs) +
  truth.small.setup_s +
  truth.small.s_per_byte * greedyHead(truth.dtype).run({ rows: outputs, vocab: head.n }).bytes +
  truth.small.setup_s +
  truth.small.s_per_byte * outputs * bytesPerToken(rmsNorm(truth.dtype), (tokens) => ({ tokens, hidden: head.k }));

/** Time of a whole layer by the truth, with no formula of the calibration in between. */
export const trueLayerSeconds = (truth: Truth, sizes: LayerSizes, batch: Batch): number => {
  const tokens = batch.prefill_tokens + batch.decode_sequences;
  const { hidden, intermediate, heads, kv_heads, head_dim } = sizes;
  const move = (bytes: number) => truth.small.setup_s + bytes * truth.small.s_per_byte;
  const slope = (...of: Parameters<typeof bytesPerToken>) => tokens * bytesPerToken(...of);
  const { dtype } = truth;
  let seconds = layerLinears(sizes).reduce((sum, layer) => sum + truth.linear(layer, tokens), 0);
  seconds += move(slope(rmsNorm(dtype), (tokens) => ({ tokens, hidden })));
  seconds += move(slope(residualNorm(dtype), (tokens) => ({ tokens, hidden })));
  seconds += move(slope(swiglu(dtype), (tokens) => ({ tokens, intermediate })));
  seconds += move(slope(residualAdd(dtype), (tokens) => ({ length: tokens * hidden })));
  seconds += move(slope(rotary(dtype), (tokens) => ({ tokens, heads, kv_heads, head_dim, context: 0 })));
  if (batch.prefill_tokens > 0) {
    const pairs = prefillPairs(batch.prefill_tokens, batch.prefill_context);
    const width = heads * head_dim;
    seconds += truth.prefill.setup_s;
    seconds += (truth.prefill.per_token_and_width_s * batch.prefill_tokens + truth.prefill.per_pair_and_width_s * pairs) * width;
  }
  if (batch.decode_sequences > 0) {
    const keys = batch.decode_sequences * batch.decode_context;
    seconds += truth.decode.setup_s + truth.decode.per_sequence_s * batch.decode_sequences;
    seconds += truth.decode.per_key_and_width_s * keys * kv_heads * head_dim;
  }
  return seconds;
};

export interface Batch {
  readonly prefill_tokens: number;
  readonly prefill_context: number;
  readonly decode_sequences: number;
  readonly decode_context: number;
}

/** Time of a whole step by the truth: layers, and the head where there is one. */
export const trueStepSeconds = (truth: Truth, sizes: LayerSizes, layers: number, vocab: number, batch: Batch): number => {
  const outputs = batch.decode_sequences + Math.min(1, batch.prefill_tokens);
  const head = vocab === 0 ? 0 : trueHeadSeconds(truth, { n: vocab, k: sizes.hidden }, outputs);
  return layers * trueLayerSeconds(truth, sizes, batch) + head;
};

export const batches: readonly Batch[] = [
  { prefill_tokens: 64, prefill_context: 0, decode_sequences: 0, decode_context: 0 },
  { prefill_tokens: 0, prefill_context: 0, decode_sequences: 4, decode_context: 300 },
  { prefill_tokens: 120, prefill_context: 256, decode_sequences: 8, decode_context: 700 },
];

/** A hot measurement of one sample. */
export const kernelOf = (
  family: string,
  dtype: Dtype,
  shape: Shape,
  seconds: number,
  bytes = 0,
  variant = `${family}/a-${dtype}`,
): MeasurementOf<"kernel"> => ({
  kind: "kernel",
  id: `${variant} ${Object.entries(shape).flat().join(" ")}`,
  family,
  variant,
  version: 1,
  dtype,
  shape: { ...shape },
  operations: 0,
  bytes,
  cache: "hot",
  rotated_bytes: 0,
  power_w: null,
  timing: {
    kind: "gpu-timestamp",
    samples_s: [seconds],
    runs_per_sample: 10,
    dropped: 0,
    throttled: 0,
    visits: [],
    process_noise: null,
    stopping: null,
  },
});

const overhead = ({ dispatch_s, submit_s }: Truth): Measurement => ({
  kind: "overhead",
  id: "overhead",
  dispatch_s: [dispatch_s],
  switched_dispatch_s: [dispatch_s],
  pass_s: [dispatch_s],
  submit_s: [submit_s],
  encode_s: [dispatch_s / 10],
  gpu_dispatch_s: null,
  gpu_switched_dispatch_s: null,
  ...ONE_PROCESS,
});

/** A cold start of 2.483 s. */
export const coldStart = (changes: Partial<StartOf<"process">> = {}): StartOf<"process"> => ({
  fresh: "process",
  pipelines: "cold",
  launch: 0,
  browser_start_s: 0.9,
  browser_cache_entries: 0,
  driver_cache_bytes: 0,
  adapter_s: 0.05,
  device_s: 0.03,
  shader_modules_s: [0.001, 0.002],
  pipelines_s: [0.1, 0.2, 0.3],
  first_dispatch_s: 0.5,
  dispatches_s: [0.4, 0.2, 0.1, 0.1, 0.1],
  gpu_s: null,
  steady_after: 2,
  ...changes,
});

/** Every measurement of a device that obeys the truth, for layers of these sizes. */
export const measurementsOf = (truth: Truth, layers: readonly LayerSizes[], linears: readonly LinearLayer[] = []): Measurement[] => {
  const { dtype } = truth;
  const shapes = new Map([...layers.flatMap((sizes) => layerLinears(sizes)), ...linears].map(({ n, k }) => [`${n}×${k}`, { n, k }]));
  const moved = (bytes: number) => truth.small.setup_s + bytes * truth.small.s_per_byte;
  const small = (variant: { family: string; run(shape: Shape): { bytes: number } }, shape: Shape) => {
    const { bytes } = variant.run(shape);
    return kernelOf(variant.family, dtype, shape, moved(bytes), bytes);
  };
  return [
    overhead(truth),
    { kind: "warm-up", id: "warm-up", missing: null, starts: [coldStart()] },
    ...[1, 4, 16, 64].map((mebibytes): Measurement => {
      const bytes = mebibytes * 2 ** 20;
      return {
        kind: "upload",
        id: `upload ${mebibytes}`,
        method: "writeBuffer",
        bytes,
        chunk_bytes: 2 ** 22,
        into_bytes: bytes,
        first_s: [truth.load.setup_s + bytes / truth.load.bytes_per_s],
        repeated_s: [bytes / truth.load.bytes_per_s],
        ...ONE_PROCESS,
        verified: true,
      };
    }),
    ...[...shapes.values()].flatMap(({ n, k }) =>
      tokenCounts.map((m) => kernelOf("matmul", dtype, { m, n, k }, truth.linear({ n, k }, m), 0)),
    ),
    ...layers.flatMap((sizes) => {
      const { hidden, intermediate, heads, kv_heads, head_dim } = sizes;
      return [
        ...[
          [64, 0],
          [64, 512],
          [256, 0],
          [256, 1024],
        ].map(([chunk = 0, context = 0]) =>
          kernelOf(
            "attention-prefill",
            dtype,
            { heads, kv_heads, head_dim, chunk, context },
            truth.prefill.setup_s +
              (truth.prefill.per_token_and_width_s * chunk + truth.prefill.per_pair_and_width_s * prefillPairs(chunk, context)) *
                heads *
                head_dim,
          ),
        ),
        ...[
          [1, 128],
          [1, 2048],
          [8, 128],
          [8, 1024],
          [32, 512],
        ].map(([sequences = 0, context = 0]) =>
          kernelOf(
            "attention-decode",
            dtype,
            { heads, kv_heads, head_dim, sequences, context },
            truth.decode.setup_s +
              truth.decode.per_sequence_s * sequences +
              truth.decode.per_key_and_width_s * sequences * context * kv_heads * head_dim,
          ),
        ),
        ...[1, 64, 512].flatMap((tokens) => [
          small(rmsNorm(dtype), { tokens, hidden }),
          small(residualNorm(dtype), { tokens, hidden }),
          small(swiglu(dtype), { tokens, intermediate }),
          small(residualAdd(dtype), { length: tokens * hidden }),
          small(rotary(dtype), { tokens, heads, kv_heads, head_dim, context: 0 }),
        ]),
        ...batches.map((batch, i) => {
          const [depth, vocab] = [i + 1, i === 0 ? 0 : (linears.find(({ k }) => k === hidden)?.n ?? 0)];
          const seconds = trueStepSeconds(truth, sizes, depth, vocab, batch);
          return kernelOf("engine-step", dtype, { ...sizes, layers: depth, vocab, ...batch }, seconds);
        }),
      ];
    }),
    ...[1, 64].map((rows) => small(greedyHead(dtype), { rows, vocab: 1000 })),
    kernelOf("copy", "f32", { length: 1 << 22 }, 8 * (1 << 22) * truth.small.s_per_byte, 8 * (1 << 22), "copy/vec4"),
  ];
};

/** A profile around measurements; every variant in them passed its verification unless it is named as failed. */
export const profileOf = (measurements: readonly Measurement[], changes: Partial<Profile> = {}): Profile => {
  const variants = new Set(measurements.flatMap((measurement) => (measurement.kind === "kernel" ? [measurement.variant] : [])));
  return profileSchema.parse({
    schema: PROFILE_SCHEMA,
    device: "Imagined GPU",
    is_gpu: true,
    condition: "web",
    runtime: "chrome",
    ballast_version: "0.1.0",
    started_at: "2026-01-02T03:04:05Z",
    budget_s: 60,
    is_quick: false,
    environment: {
      os: "Linux",
      cpu: "Imagined CPU",
      cpu_cores: 8,
      memory_bytes: 32e9,
      node: "v20.0.0",
      browser: "Chrome/156.0",
      launch_flags: ["--headless=new"],
      weakening_flags: [],
      toggles: [],
      adapter: {
        vendor: "imagined",
        architecture: "",
        device: "",
        description: "",
        is_fallback: false,
        type: "discrete GPU",
        backend: "vulkan",
        driver: "",
        memory_heaps: [{ size_bytes: 24e9, device_local: true }],
        subgroup_sizes: null,
        matrix_units: null,
        features: ["timestamp-query"],
        limits: { maxStorageBufferBindingSize: 2 ** 31 - 4 },
      },
      native: null,
      other_gpu_processes: [],
    },
    machine: UNKNOWN_MACHINE,
    native_reference: null,
    verifications: [...variants].map((variant) => ({ kind: "passed", variant, shapes: 3, worst_share_of_bound: 0.1 })),
    measurements,
    left_out: [],
    notes: [],
    ...changes,
  });
};
