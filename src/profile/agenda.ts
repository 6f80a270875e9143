import { variants, variantsOf } from "../../kernels/index.ts";
import type { Dtype, Shape } from "../../kernels/kernel.ts";
import type { LayerChoices } from "../../kernels/layer/decoder-layer.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { headLinear, layerSizes } from "../model/shapes.ts";
import type { Seconds } from "../units.ts";
import { chosenVariants, contenders, dtypeFor, passedVariants, startingChoices, type ComparedShapes } from "./choose.ts";
import type { Findings, Job } from "./jobs.ts";
import type { Cache } from "./measurements/timing.ts";
import type { Adapter } from "./schema.ts";
import { gpuWorkload, softwareWorkload, type Batch, type ModelGrid, type Workload } from "./workload.ts";

/** What an agenda depends on. */
export interface AgendaOptions {
  readonly adapter: Pick<Adapter, "features">;
  readonly isGpu: boolean;
  /** Only the core of the workload, with the variants to begin with: enough for every curve, coarsely. */
  readonly isQuick: boolean;
  /** From launching the browser to the page being ready. */
  readonly browserStart: Seconds;
}

/** One part of an agenda: its jobs in order of importance, planned from what the parts before it found. */
export type Stage = (found: Findings) => readonly Job[];

/** `matmul/registers-f32 m=16 n=512 k=256 hot`: the same for the same measurement in every profile. */
const kernelJob = (variant: string, shape: Shape, cache: Cache = "hot"): Job => ({
  kind: "kernel",
  id: [variant, ...Object.entries(shape).map(([name, size]) => `${name}=${size}`), cache].join(" "),
  variant,
  shape,
  cache,
});

const headSizes = ({ model }: ModelGrid) => ({ heads: model.heads, kv_heads: model.kvHeads, head_dim: model.headDim });

const layerShape = ({ model }: ModelGrid, batch: Batch): Shape => ({ ...layerSizes(model), ...batch });

/** The layer at which matmul variants are compared: its largest. */
const comparedLinear = ({ model }: ModelGrid) => {
  const { n, k } = layerLinears(layerSizes(model)).reduce((a, b) => (b.n * b.k > a.n * a.k ? b : a));
  return { n, k };
};

/** Verification first of what is needed most; a quick agenda verifies only what it will time. */
const verifyJobs = (dtype: Dtype, only: readonly string[] | null): Job[] => {
  const small = ["rms-norm", "rotary", "swiglu", "residual-add"].flatMap((family) => variantsOf(family));
  const isNeeded = (id: string) => only === null || only.includes(id) || small.some((variant) => variant.id === id);
  return variants
    .filter(
      ({ id, family, dtype: own }) =>
        family !== "decoder-layer" && (only === null || own === dtype || family === "copy" || family === "multiply-add") && isNeeded(id),
    )
    .map(({ id }) => ({ kind: "verify", id: `verify ${id}`, variant: id }) as const);
};

const uploadJobs = ({ uploads: { core, more, chunks } }: Workload, isQuick: boolean): Job[] => {
  const [chunk = 0, ...otherChunks] = chunks;
  const job = (method: Extract<Job, { kind: "upload" }>["method"], bytes: number, chunkBytes: number): Job => ({
    kind: "upload",
    id: `upload ${method} bytes=${bytes} chunk=${chunkBytes}`,
    method,
    bytes,
    chunk_bytes: chunkBytes,
  });
  const methods = ["writeBuffer", "staging-ring", "mappedAtCreation"] as const;
  const largest = core.at(-1) ?? 0;
  const first = [
    ...core.map((bytes) => job("writeBuffer", bytes, chunk)),
    ...methods.slice(1).map((method) => job(method, largest, chunk)),
  ];
  if (isQuick) return first;
  const all = [
    ...methods.flatMap((method) => [...core, ...more].map((bytes) => job(method, bytes, chunk))),
    ...otherChunks.flatMap((other) => [...core, ...more].map((bytes) => job("writeBuffer", bytes, other))),
  ];
  return distinct([...first, ...all]);
};

const distinct = (jobs: readonly Job[]): Job[] => [...new Map(jobs.map((job) => [job.id, job])).values()];
const notYetMeasured = ({ measurements }: Findings, jobs: readonly Job[]): Job[] => {
  const measured = new Set(measurements.map(({ id }) => id));
  return jobs.filter(({ id }) => !measured.has(id));
};

/** One model's parts with the chosen variants, decode before prefill, then whole layers. */
const gridJobs = (grid: ModelGrid, dtype: Dtype, choices: LayerChoices): Job[] => {
  const { model, tokens, outputs, prefill, decode, smallTokens, composites } = grid;
  const sizes = layerSizes(model);
  const heads = headSizes(grid);
  const matmulFor = (m: number) => (m <= choices.few_tokens ? choices.matmul_few : choices.matmul_many);
  const linear = (m: number, { n, k }: { readonly n: number; readonly k: number }) => kernelJob(matmulFor(m), { m, n, k });
  return [
    ...tokens.flatMap((m) => layerLinears(sizes).map((layer) => linear(m, layer))),
    ...outputs.map((m) => linear(m, headLinear(model))),
    ...decode.map(([sequences, context]) => kernelJob(choices.attention_decode, { sequences, context, ...heads })),
    ...prefill.map(([chunk, context]) => kernelJob(choices.attention_prefill, { chunk, context, ...heads })),
    ...smallTokens.flatMap((tokens) => [
      kernelJob(`rms-norm/${dtype}`, { tokens, hidden: model.hiddenSize }),
      kernelJob(`rotary/${dtype}`, { tokens, context: 0, ...heads }),
      kernelJob(`swiglu/${dtype}`, { tokens, intermediate: model.intermediateSize }),
      kernelJob(`residual-add/${dtype}`, { length: tokens * model.hiddenSize }),
    ]),
    { kind: "verify", id: `verify decoder-layer/${dtype}`, variant: `decoder-layer/${dtype}`, choices },
    ...composites.map((batch): Job => ({
      kind: "layer",
      id: [`decoder-layer/${dtype}`, model.name, ...Object.entries(batch).map(([name, size]) => `${name}=${size}`), "hot"].join(" "),
      layer: { shape: layerShape(grid, batch), choices },
      cache: "hot",
    })),
  ];
};

/**
 * Everything to measure on a device, in order of importance, so that a budget that ends cuts off the least: clock, cold start,
 * verification, uploads and overhead; then which variants are fastest; then the core of the workload with those, whole layers
 * included, and more of it after.
 *
 * A kernel that was measured while variants were compared is not measured again.
 */
export const agenda = ({ adapter, isGpu, isQuick, browserStart }: AgendaOptions): readonly Stage[] => {
  const { features } = adapter;
  const dtype = dtypeFor(features, isGpu);
  const starting = startingChoices(dtype, isGpu, features);
  const workload = isGpu ? gpuWorkload() : softwareWorkload();
  const { core, more, compared, warmUp, copyLength, multiplyAdd } = workload;
  const layer = comparedLinear(core);
  const heads = headSizes(core);
  const [chunk, prefillContext] = compared.prefill;
  const [sequences, decodeContext] = compared.decode;
  const shapes: ComparedShapes = {
    linear: [compared.middle, ...compared.others].sort((a, b) => a - b).map((m) => ({ m, ...layer })),
    fewUpTo: compared.middle,
    prefill: { chunk, context: prefillContext, ...heads },
    decode: { sequences, context: decodeContext, ...heads },
  };
  const middle = { m: compared.middle, ...layer };
  const { few_tokens: _, ...startingVariants } = starting;

  const groundwork: Stage = () => [
    { kind: "clock", id: "clock" },
    {
      kind: "warm-up",
      id: `warm-up ${core.model.name} ${dtype}`,
      layer: { shape: layerShape(core, warmUp), choices: starting },
      browser_start_s: browserStart,
    },
    ...verifyJobs(dtype, isQuick ? [...Object.values(startingVariants), "copy/vec4", "multiply-add/chains"] : null),
    { kind: "overhead", id: "overhead" },
    ...uploadJobs(workload, isQuick),
  ];
  const compareAll: Stage = (found) => [
    ...passedVariants(found, "matmul", dtype).map((variant) => kernelJob(variant, middle)),
    ...passedVariants(found, "attention-decode", dtype).map((variant) => kernelJob(variant, shapes.decode)),
    ...passedVariants(found, "attention-prefill", dtype).map((variant) => kernelJob(variant, shapes.prefill)),
  ];
  const compareContenders: Stage = (found) =>
    contenders(found, passedVariants(found, "matmul", dtype), middle).flatMap((variant) =>
      compared.others.map((m) => kernelJob(variant, { m, ...layer })),
    );
  const measure: Stage = (found) => {
    const choices = isQuick ? starting : chosenVariants(found, starting, dtype, shapes);
    const jobs = [
      ...gridJobs(core, dtype, choices),
      kernelJob("copy/vec4", { length: copyLength }),
      kernelJob("multiply-add/chains", { ...multiplyAdd }),
      ...(isQuick ? [] : more.flatMap((grid) => gridJobs(grid, dtype, choices))),
    ];
    return notYetMeasured(found, distinct(jobs));
  };
  return isQuick ? [groundwork, measure] : [groundwork, compareAll, compareContenders, measure];
};
