import { median } from "simple-statistics";
import { variants } from "../../kernels/index.ts";
import type { Dtype, Shape } from "../../kernels/kernel.ts";
import { chosenFor, chosenIds, type LayerChoices } from "../../kernels/layer/choices.ts";
import { STEP_FAMILY } from "../../kernels/layer/engine-step.ts";
import { GREEDY_FAMILY } from "../../kernels/layer/greedy-head.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { headLinear, layerSizes } from "../model/shapes.ts";
import { isForDevice } from "./choose.ts";
import { formatStages } from "./format-jobs.ts";
import type { Findings, Job, Stage } from "./jobs.ts";
import { betweenProcesses } from "./timing-interval.ts";
import { acrossProcesses, inProcess, isFromFirst } from "./processes.ts";
import { launchJobs } from "./launch-jobs.ts";
import { headSizes, settledChoices, startingOn, tunedShapes, workloadFor, type DeviceKind } from "./settled.ts";
import { roofRace, roofRound, startingRoofs } from "./roof-jobs.ts";
import { isRoofFamily } from "./roofline.ts";
import { kernelJob, stepJob } from "./timed-jobs.ts";
import { tuningJobs } from "./tuning-jobs.ts";
import { compareUploadJobs, loadJobs } from "./upload-jobs.ts";
import type { Batch, ModelGrid } from "./workload.ts";

/** What an agenda depends on. */
export type AgendaOptions = DeviceKind;

const layerShape = ({ model }: ModelGrid, batch: Batch): Shape => ({ ...layerSizes(model), ...batch });

/** Families of the layers without weights, which have one variant each. */
const SMALL = ["rms-norm", "residual-norm", "rotary", "swiglu", "residual-add", GREEDY_FAMILY];

/** Families of several variants that a step is made of. */
const RACED = ["matmul", "attention-prefill", "attention-decode"];

/**
 * Verification of what will be raced or timed: of the device's own element type, and of every roof. Other formats of weights are verified where
 * they are timed; a quick agenda verifies only what it will time.
 */
const verifyJobs = (dtype: Dtype, isGpu: boolean, only: readonly string[] | null): Job[] =>
  variants
    .filter((variant) => {
      const { id, family, dtype: own } = variant;
      if (SMALL.includes(family)) return own === dtype;
      if (only !== null) return only.includes(id);
      return isRoofFamily(family) || (RACED.includes(family) && own === dtype && isForDevice(variant, isGpu));
    })
    .map(({ id }) => ({ kind: "verify", id: `verify ${id}`, variant: id }) as const);

const distinct = (jobs: readonly Job[]): Job[] => [...new Map(jobs.map((job) => [job.id, job])).values()];

/** What processes still leave open of a kernel's log time, at the median; infinite where it is unknown. */
const processErrorOf = ({ measurements }: Findings): number => {
  const errors = acrossProcesses(measurements).flatMap((whole) => {
    if (whole.kind !== "kernel" || whole.timing.process_noise === null) return [];
    const { common, own } = betweenProcesses(whole.timing);
    return [Math.hypot(common, own)];
  });
  return errors.length === 0 ? Infinity : median(errors);
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
  const linear = (m: number, { n, k }: { readonly n: number; readonly k: number }) =>
    kernelJob(chosenFor(choices.matmul, { m, n, k }), { m, n, k }, "cold");
  const parts = [
    ...tokens.flatMap((m) => layerLinears(sizes).map((layer) => linear(m, layer))),
    ...outputs.map((m) => linear(m, headLinear(model))),
    ...outputs.map((rows) => kernelJob(`${GREEDY_FAMILY}/${dtype}`, { rows, vocab: model.vocabSize }, "hot")),
    ...decode.map(([sequences, context]) =>
      kernelJob(chosenFor(choices.attention_decode, { sequences, context }), { sequences, context, ...heads }, "cold"),
    ),
    ...prefill.map(([chunk, context]) =>
      kernelJob(chosenFor(choices.attention_prefill, { chunk, context }), { chunk, context, ...heads }, "cold"),
    ),
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

/** With untuned kernels there is still an answer, and without the core of the workload none. */
const TUNING_SHARE = 0.35;

/** Processes of the runtime in which a whole run measures: three begin to tell by how much processes differ. */
const FEWEST_PROCESSES = 3;
/** As many as there may be until what processes differ by matters no more; the budget ends it sooner. */
const MOST_PROCESSES = 12;
/** It matters no more from here on: standard error of a log time that the number of processes leaves. */
const PROCESS_ERROR = { gpu: 0.0025, software: 0.01 };

/**
 * The layer's smallest matmul of one token again, its weights left where the last run found them: beside the cold one it says what a cache that
 * holds them is worth.
 */
const inCache = ({ model }: ModelGrid, choices: LayerChoices): Job => {
  const { n, k } = layerLinears(layerSizes(model)).reduce((a, b) => (b.n * b.k < a.n * a.k ? b : a));
  const shape = { m: 1, n, k };
  return kernelJob(chosenFor(choices.matmul, shape), shape, "hot");
};

/**
 * Everything to measure on a device, in order of importance, so that a budget that ends cuts off the least: clock, cold start,
 * verification, overhead and ways to upload; the load curve; then which variants are fastest where; then the core of the workload with
 * those, whole steps included, and more of it after; then all of that again in fresh processes, since what a process has for itself is in none
 * of its samples; weights in other formats; and more processes.
 */
export const agenda = (device: AgendaOptions): readonly Stage[] => {
  const { isGpu, isQuick } = device;
  const { dtype, choices: starting } = startingOn(device);
  const workload = workloadFor(device);
  const { core, more, warmUp, roofs } = workload;

  const starts = launchJobs(workload, { shape: layerShape(core, warmUp.batch), choices: starting }, `${core.model.name} ${dtype}`, isQuick);

  const groundwork: Stage = () => [
    { kind: "clock", id: "clock" },
    ...starts,
    ...verifyJobs(dtype, isGpu, isQuick ? [...chosenIds(starting), ...startingRoofs(device, roofs)] : null),
    { kind: "overhead", id: "overhead" },
    ...compareUploadJobs(workload, isQuick),
  ];
  const load: Stage = (found) => loadJobs(workload, isQuick, found);
  // The device's limits are looked for beside what is held against them, in every part of the run.
  const races = (found: Findings): Job[] =>
    among<Job>(tuningJobs(found, starting, dtype, tunedShapes(workload)), roofRace(device, roofs, found));
  const tune: Stage = Object.assign(races, { share: TUNING_SHARE });
  const measured = (found: Findings): Job[] => {
    const choices = settledChoices(device, found);
    const coreJobs = gridJobs(core, dtype, choices);
    const round = (number: 1 | 2 | 3) => roofRound(device, roofs, found, number);
    return distinct(
      isQuick
        ? among<Job>(coreJobs, [...roofRace(device, roofs, found), ...round(1)])
        : [
            ...among<Job>(coreJobs, round(1)),
            ...among<Job>([...more.flatMap((grid) => gridJobs(grid, dtype, choices)), inCache(core, choices)], [...round(2), ...round(3)]),
          ],
    );
  };
  const formats = formatStages(device, dtype, workload);
  /**
   * Every other process takes the uploads in the opposite order, so that what drifts while they are measured falls on all alike. Nothing where the
   * processes so far tell enough. Starts are made in the first few only, once in each: they are all that tells by how much starts differ.
   */
  const again =
    (process: number): Stage =>
    (all) => {
      if (process >= FEWEST_PROCESSES && processErrorOf(all) <= PROCESS_ERROR[isGpu ? "gpu" : "software"]) return [];
      const found: Findings = { ...all, measurements: all.measurements.filter(isFromFirst) };
      const ids = new Set(found.measurements.map(({ id }) => id));
      const uploads = [...compareUploadJobs(workload, isQuick), ...loadJobs(workload, isQuick, found)].filter(
        ({ kind }) => kind !== "device-memory",
      );
      // Kernels first: what steps are made of is to have its further processes, however long uploads take.
      return [
        { kind: "overhead", id: "overhead" } as const,
        ...measured(found),
        ...formats.measure(found),
        ...(process % 2 === 0 ? uploads : uploads.toReversed()),
        ...(process < FEWEST_PROCESSES ? starts : []),
      ]
        .filter(({ id }) => ids.has(id))
        .map((job) => inProcess(job, process));
    };
  const further = Array.from({ length: MOST_PROCESSES - 1 }, (_, i) => again(i + 1));
  return isQuick
    ? [groundwork, load, measured]
    : [
        groundwork,
        load,
        tune,
        measured,
        ...further.slice(0, FEWEST_PROCESSES - 1),
        ...formats.before,
        formats.measure,
        ...further.slice(FEWEST_PROCESSES - 1),
      ];
};
