import { variants, variantsOf } from "../../kernels/index.ts";
import type { Dtype, Shape } from "../../kernels/kernel.ts";
import { FAMILY as LAYER_FAMILY } from "../../kernels/layer/batch.ts";
import type { LayerChoices } from "../../kernels/layer/decoder-layer.ts";
import { STEP_FAMILY } from "../../kernels/layer/engine-step.ts";
import { GREEDY_FAMILY } from "../../kernels/layer/greedy-head.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { headLinear, layerSizes } from "../model/shapes.ts";
import { contenders, passedVariants } from "./choose.ts";
import type { Findings, Job } from "./jobs.ts";
import { launchJobs } from "./launch-jobs.ts";
import { comparedShapes, headSizes, settledChoices, startingOn, workloadFor, type DeviceKind } from "./settled.ts";
import { kernelJob, stepJob } from "./timed-jobs.ts";
import { compareUploadJobs, loadJobs } from "./upload-jobs.ts";
import type { Batch, ModelGrid } from "./workload.ts";

/** What an agenda depends on. */
export type AgendaOptions = DeviceKind;

/** One part of an agenda: its jobs in order of importance, planned from what the parts before it found. */
export type Stage = (found: Findings) => readonly Job[];

const layerShape = ({ model }: ModelGrid, batch: Batch): Shape => ({ ...layerSizes(model), ...batch });

/** Verification first of what is needed most; a quick agenda verifies only what it will time. */
const verifyJobs = (dtype: Dtype, only: readonly string[] | null): Job[] => {
  const small = ["rms-norm", "residual-norm", "rotary", "swiglu", "residual-add", GREEDY_FAMILY].flatMap((family) => variantsOf(family));
  const isNeeded = (id: string) => only === null || only.includes(id) || small.some((variant) => variant.id === id);
  return variants
    .filter(
      ({ id, family, dtype: own }) =>
        family !== LAYER_FAMILY &&
        family !== STEP_FAMILY &&
        (only === null || own === dtype || family === "copy" || family === "multiply-add") &&
        isNeeded(id),
    )
    .map(({ id }) => ({ kind: "verify", id: `verify ${id}`, variant: id }) as const);
};

const distinct = (jobs: readonly Job[]): Job[] => [...new Map(jobs.map((job) => [job.id, job])).values()];
const notYetMeasured = ({ measurements }: Findings, jobs: readonly Job[]): Job[] => {
  const measured = new Set(measurements.map(({ id }) => id));
  return jobs.filter(({ id }) => !measured.has(id));
};

/** The few spread evenly among the many, the first of them not first. */
const among = <T>(many: readonly T[], few: readonly T[]): T[] => {
  const before = (place: number) => Math.ceil((place * many.length) / few.length);
  return few.length === 0 ? [...many] : few.flatMap((item, i) => [...many.slice(before(i), before(i + 1)), item]);
};

/**
 * One model's parts with the chosen variants, decode before prefill, and whole steps spread among them, so that what the machine does
 * meanwhile falls on the steps as on the parts that they are predicted from. What reads weights or keys is timed cold, as a step
 * finds them; what works on activations alone hot, since the kernel before has just written those.
 */
const gridJobs = (grid: ModelGrid, dtype: Dtype, choices: LayerChoices): Job[] => {
  const { model, tokens, outputs, prefill, decode, smallTokens, composites } = grid;
  const sizes = layerSizes(model);
  const heads = headSizes(grid);
  const matmulFor = (m: number) => (m <= choices.few_tokens ? choices.matmul_few : choices.matmul_many);
  const linear = (m: number, { n, k }: { readonly n: number; readonly k: number }) => kernelJob(matmulFor(m), { m, n, k }, "cold");
  const parts = [
    ...tokens.flatMap((m) => layerLinears(sizes).map((layer) => linear(m, layer))),
    ...outputs.map((m) => linear(m, headLinear(model))),
    ...outputs.map((rows) => kernelJob(`${GREEDY_FAMILY}/${dtype}`, { rows, vocab: model.vocabSize }, "hot")),
    ...decode.map(([sequences, context]) => kernelJob(choices.attention_decode, { sequences, context, ...heads }, "cold")),
    ...prefill.map(([chunk, context]) => kernelJob(choices.attention_prefill, { chunk, context, ...heads }, "cold")),
    ...smallTokens.flatMap((tokens) => [
      kernelJob(`rms-norm/${dtype}`, { tokens, hidden: model.hiddenSize }, "hot"),
      kernelJob(`residual-norm/${dtype}`, { tokens, hidden: model.hiddenSize }, "hot"),
      kernelJob(`rotary/${dtype}`, { tokens, context: 0, ...heads }, "hot"),
      kernelJob(`swiglu/${dtype}`, { tokens, intermediate: model.intermediateSize }, "hot"),
      kernelJob(`residual-add/${dtype}`, { length: tokens * model.hiddenSize }, "hot"),
    ]),
  ];
  return [
    { kind: "verify", id: `verify ${STEP_FAMILY}/${dtype}`, variant: `${STEP_FAMILY}/${dtype}`, choices },
    ...among(
      parts,
      composites.map((composite) => stepJob(model, composite, choices)),
    ),
  ];
};

/**
 * Everything to measure on a device, in order of importance, so that a budget that ends cuts off the least: clock, cold start,
 * verification, overhead and ways to upload; the load curve; then which variants are fastest; then the core of the workload with
 * those, whole steps included, and more of it after.
 *
 * A kernel that was measured while variants were compared is not measured again.
 */
export const agenda = (device: AgendaOptions): readonly Stage[] => {
  const { isQuick } = device;
  const { dtype, choices: starting } = startingOn(device);
  const workload = workloadFor(device);
  const { core, more, compared, warmUp, copyLength, multiplyAdd } = workload;
  const shapes = comparedShapes(workload);
  const middle = shapes.linear.find(({ m }) => m === compared.middle)!;
  const { few_tokens: _, ...startingVariants } = starting;

  const groundwork: Stage = () => [
    { kind: "clock", id: "clock" },
    ...launchJobs(workload, { shape: layerShape(core, warmUp.batch), choices: starting }, `${core.model.name} ${dtype}`, isQuick),
    ...verifyJobs(dtype, isQuick ? [...Object.values(startingVariants), "copy/vec4", "multiply-add/chains"] : null),
    { kind: "overhead", id: "overhead" },
    ...compareUploadJobs(workload, isQuick),
  ];
  const load: Stage = (found) => loadJobs(workload, isQuick, found);
  const compareAll: Stage = (found) => [
    ...passedVariants(found, "matmul", dtype).map((variant) => kernelJob(variant, middle, "cold")),
    ...passedVariants(found, "attention-decode", dtype).map((variant) => kernelJob(variant, shapes.decode, "cold")),
    ...passedVariants(found, "attention-prefill", dtype).map((variant) => kernelJob(variant, shapes.prefill, "cold")),
  ];
  const compareContenders: Stage = (found) =>
    contenders(found, passedVariants(found, "matmul", dtype), middle).flatMap((variant) =>
      compared.others.map((m) => kernelJob(variant, { ...middle, m }, "cold")),
    );
  const measure: Stage = (found) => {
    const choices = settledChoices(device, found);
    const jobs = [
      ...gridJobs(core, dtype, choices),
      kernelJob("copy/vec4", { length: copyLength }, "hot"),
      kernelJob("multiply-add/chains", { ...multiplyAdd }, "hot"),
      ...(isQuick ? [] : more.flatMap((grid) => gridJobs(grid, dtype, choices))),
    ];
    return notYetMeasured(found, distinct(jobs));
  };
  return isQuick ? [groundwork, load, measure] : [groundwork, load, compareAll, compareContenders, measure];
};
