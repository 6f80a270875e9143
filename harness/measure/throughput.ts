import type { KernelRun, KernelVariant, Shape } from "../../kernels/kernel.ts";
import type { Cache, Stopping } from "../../src/profile/measurements/timing.ts";
import type { MeasurementOf } from "../../src/profile/schema.ts";
import type { Bytes } from "../../src/units.ts";
import type { TimedWork } from "./sampling/encodable.ts";
import type { CacheFlush } from "./sampling/flush.ts";
import { OutOfMemory } from "./gpu-errors.ts";
import { LeftOut } from "./left-out.ts";
import { type Rotation, rotationOrNull, withoutCopies } from "./sampling/rotation.ts";
import { prepare, type PreparedKernel } from "./run-kernel.ts";
import type { StoppingRule } from "./sampling/stopping-rule.ts";
import { Sampling, type Turn } from "./sampling/sampling.ts";
import type { Timer } from "./sampling/timer.ts";

const SEED = 2;

/** A kernel or a whole decoder layer, ready to be measured turn by turn. */
export interface MeasuredCase {
  readonly sampling: Sampling;
  take(): Promise<Turn>;
  /** What was measured. @throws LeftOut where no sample is a duration */
  finished(reason: Stopping["reason"]): MeasurementOf<"kernel">;
  /** Frees its memory. */
  destroy(): void;
}

/** What is to be measured. The variant is verified already. */
export interface CaseRequest {
  readonly id: string;
  readonly variant: KernelVariant;
  readonly shape: Shape;
  readonly cache: Cache;
  /** Others, where it is left out. */
  readonly follows?: TimedWork["follows"];
}

export interface CaseOptions {
  readonly timer: Timer;
  /** Made when a case first needs it: it takes memory. */
  readonly flush: () => Promise<CacheFlush>;
  /** More than the last-level cache surely holds. */
  readonly beyondCache: Bytes;
  readonly rule: StoppingRule;
}

/** A run on the device as its caches are to be, and the bytes that were taken to have them so. */
interface Placed {
  readonly prepared: PreparedKernel;
  readonly work: TimedWork;
  readonly rotated: Bytes;
}

/**
 * Seconds for one run on random inputs, hot or cold.
 *
 * Hot: runs follow each other on the same buffers. Cold: each run takes the next of several copies of the weights and the KV cache
 * that together exceed the last-level cache; where copies as many as are worth having do not, the cache is flushed before each sample, and
 * with it go the activations, which a real step finds hot.
 *
 * What follows itself where it is used, a whole step, runs once untimed before the samples of a submit: the first after a pause finds the
 * caches and the cores as the browser left them.
 *
 * @throws LeftOut where it cannot be measured so
 */
export const prepareCase = async (device: GPUDevice, request: CaseRequest, options: CaseOptions): Promise<MeasuredCase> => {
  const { id, variant, shape, cache } = request;
  const { timer, rule } = options;
  const run = variant.run(shape);
  const { prepared, work, rotated } =
    cache === "hot" ? await placedHot(device, run, request) : await placedCold(device, run, request, options);
  try {
    await device.queue.onSubmittedWorkDone();
    const stopwatch = await timer.setUp(work);
    // Differences that the rule does not ask for are none.
    const sampling = new Sampling(rule, Math.max(rule.noise * stopwatch.estimate, stopwatch.resolution));
    return {
      sampling,
      take: stopwatch.take,
      finished: (reason) => ({
        kind: "kernel",
        id,
        family: variant.family,
        variant: variant.id,
        version: variant.version,
        dtype: variant.dtype,
        shape: { ...shape },
        operations: run.operations,
        bytes: run.bytes,
        cache,
        rotated_bytes: rotated,
        timing: { ...stopwatch.method, ...sampling.finished(reason), runs_per_sample: stopwatch.runsPerSample },
        power_w: null,
      }),
      destroy: () => {
        stopwatch.destroy();
        prepared.destroy();
      },
    };
  } catch (error) {
    prepared.destroy();
    throw error;
  }
};

const onceUntimed =
  ({ encode }: PreparedKernel) =>
  (encoder: GPUCommandEncoder): void => {
    const pass = encoder.beginComputePass();
    encode(pass, 1);
    pass.end();
  };

const placedHot = async (device: GPUDevice, run: KernelRun, { follows = "others" }: CaseRequest): Promise<Placed> => {
  const prepared = await prepare(device, run, { seed: SEED, keepInputs: false });
  // The turns of other cases come in between: one run brings its inputs back to the cache.
  return { prepared, work: { encode: prepared.encode, follows, mostRuns: Infinity, beforeSubmit: onceUntimed(prepared) }, rotated: 0 };
};

const placedCold = async (
  device: GPUDevice,
  run: KernelRun,
  { variant, follows = "others" }: CaseRequest,
  options: CaseOptions,
): Promise<Placed> => {
  const wanted = rotationOrNull(run, options.beyondCache);
  if (wanted === null) throw new LeftOut(`${variant.id} reads neither weights nor a KV cache: it has no cold case, measure it hot`);
  const { prepared, rotation } = await withCopies(device, run, wanted);
  const { encode } = prepared;
  if (rotation.exceedsCache) {
    const before = follows === "itself" ? { beforeSubmit: onceUntimed(prepared) } : {};
    return { prepared, work: { encode, follows, mostRuns: Infinity, ...before }, rotated: rotation.bytes };
  }
  try {
    const flush = await options.flush();
    const beforeSample = await flush.before(prepared.output);
    return { prepared, work: { encode, follows, mostRuns: rotation.copies, beforeSample }, rotated: rotation.bytes + flush.bytes };
  } catch (error) {
    prepared.destroy();
    throw error;
  }
};

/** With as many copies as are wanted, or without any where the device has no room for them. */
const withCopies = async (device: GPUDevice, run: KernelRun, wanted: Rotation) => {
  const prepareWith = async (rotation: Rotation) => ({
    prepared: await prepare(device, run, { seed: SEED, keepInputs: false, copies: rotation.copies }),
    rotation,
  });
  try {
    return await prepareWith(wanted);
  } catch (error) {
    if (!(error instanceof OutOfMemory)) throw error;
    return prepareWith(withoutCopies(wanted));
  }
};
