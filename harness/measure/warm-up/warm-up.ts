import type { Dispatch, KernelRun } from "../../../kernels/kernel.ts";
import type { Start } from "../../../src/profile/measurements/warm-up.ts";
import { steadyFrom } from "../../../src/stats/change-point.ts";
import type { Seconds } from "../../../src/units.ts";
import type { Encodable } from "../sampling/encodable.ts";
import { distinctKernels } from "./layer-texts.ts";
import { compile, pipelineFor, type Compiled } from "../pipelines.ts";
import { prepare } from "../run-kernel.ts";
import { readStamps, stampedPass, type Stamps, stamps } from "./stamps.ts";
import { now, roundTrip } from "../sampling/wall-clock.ts";

const SEED = 3;
/** Runs after the first: enough for a change-point among them, and for a GPU's clocks to come up. */
const FEWEST_RUNS = 20;
const MOST_RUNS = 100;
const TIME_LIMIT: Seconds = 0.5;

/** What every start has, from compiling to steady runs. */
export type Settling = Omit<Extract<Start, { fresh: "nothing" }>, "fresh" | "pipelines">;

/** Times one thing after another, none begun before the one before it has ended. */
const timeEach = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<{ times: Seconds[]; results: R[] }> => {
  const times: Seconds[] = [];
  const results: R[] = [];
  for (const item of items) {
    const started = now();
    results.push(await work(item));
    times.push(now() - started);
  }
  return { times, results };
};

/** Wall and GPU time of runs that follow each other, each waited for, until they are many or their time is over. */
const approach = async (
  device: GPUDevice,
  work: Encodable,
  held: Stamps | null,
): Promise<Pick<Settling, "first_dispatch_s" | "dispatches_s" | "gpu_s">> => {
  const { queue } = device;
  const runOnce = (index: number) =>
    roundTrip(queue, () => {
      const encoder = device.createCommandEncoder();
      const pass = stampedPass(encoder, held, index);
      work.encode(pass, 1);
      pass.end();
      queue.submit([encoder.finish()]);
    });
  const first = await runOnce(0);
  const started = now();
  const runs: Seconds[] = [];
  do runs.push(await runOnce(1 + runs.length));
  while (runs.length < FEWEST_RUNS || (runs.length < MOST_RUNS && now() - started < TIME_LIMIT));
  return { first_dispatch_s: first, dispatches_s: runs, gpu_s: held === null ? null : await readStamps(device, held, 1 + runs.length) };
};

/**
 * A decoder layer on a device that is there, from its texts to steady runs: shader modules, pipelines one after another, the first
 * dispatch, and the runs until they are many. Buffers are made and filled in between, untimed: that is load.
 *
 * Waiting is polled by the browser in steps of about 2 ms, which the wall-clock times of runs contain. Timestamps are resolved after
 * the last run, so that the first is not disturbed by it.
 *
 * @param run a layer and its batch, its texts those of the state that is wanted
 * @param isHot whether this device has the pipelines already: then they are asked for once more, and what answers is the browser's look-up
 * @throws LimitExceeded, OutOfMemory, ValidationFailed
 */
export const measureSettling = async (device: GPUDevice, run: KernelRun, isHot: boolean): Promise<Settling> => {
  const kernels = distinctKernels(run);
  const compileOne: (dispatch: Dispatch) => Promise<Compiled> = isHot
    ? (dispatch) => compile(device, dispatch)
    : (dispatch) => pipelineFor(device, dispatch);
  // Modules are held until the pipelines are there: one that was collected would be compiled again inside the pipeline's time.
  const { times: moduleTimes, results: modules } = await timeEach(kernels, async ({ wgsl }) => {
    const module = device.createShaderModule({ code: wgsl });
    await module.getCompilationInfo();
    return module;
  });
  const { times: pipelineTimes } = await timeEach(kernels, compileOne);
  modules.length = 0;
  const prepared = await prepare(device, run, { seed: SEED, keepInputs: false });
  const held = device.features.has("timestamp-query") ? stamps(device, 1 + MOST_RUNS) : null;
  try {
    await device.queue.onSubmittedWorkDone();
    const approached = await approach(device, prepared, held);
    return {
      shader_modules_s: moduleTimes,
      pipelines_s: pipelineTimes,
      ...approached,
      steady_after: steadyFrom(approached.dispatches_s),
    };
  } finally {
    held?.destroy();
    prepared.destroy();
  }
};
