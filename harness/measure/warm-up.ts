import type { Dispatch, KernelRun } from "../../kernels/kernel.ts";
import type { MeasurementOf } from "../../src/profile/schema.ts";
import { steadyFrom } from "../../src/stats/change-point.ts";
import type { Seconds } from "../../src/units.ts";
import { commandsOf } from "./encodable.ts";
import type { OpenGpu } from "./gpu.ts";
import { pipelineFor } from "./pipelines.ts";
import { prepare } from "./run-kernel.ts";
import { uniqueWgsl } from "./unique-wgsl.ts";
import { now, roundTrip } from "./wall-clock.ts";

const SEED = 3;
const MOST_RUNS = 60;
const TIME_LIMIT: Seconds = 3;

/** The run with every kernel's text made one that no cache has seen; kernels that were equal stay so. */
const madeUnique = (run: KernelRun): KernelRun => {
  const nonce = Math.floor(Math.random() * 2 ** 30);
  return {
    ...run,
    dispatches: run.dispatches.map((dispatch) => ({ ...dispatch, wgsl: uniqueWgsl(dispatch.wgsl, dispatch.entryPoint, nonce) })),
  };
};

const distinctKernels = (dispatches: readonly Dispatch[]): Dispatch[] => [
  ...new Map(dispatches.map((dispatch) => [dispatch.wgsl, dispatch])).values(),
];

/** Times one thing after another, none begun before the one before it has ended. */
const timeEach = async <T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<Seconds[]> => {
  const times: Seconds[] = [];
  for (const item of items) {
    const started = now();
    await work(item);
    times.push(now() - started);
  }
  return times;
};

/**
 * From nothing to a steady decoder layer: adapter, device, shader modules, pipelines, first dispatch, and the runs until their
 * time no longer changes.
 *
 * Pipelines are cold for the browser and for the driver: every text is new, so no cache on the way holds it. Waiting is polled
 * in steps of about 2 ms, which the wall-clock times of runs contain.
 *
 * @param layer a decoder layer and its batch
 */
export const measureWarmUp = async (
  { device, adapterTime, deviceTime }: OpenGpu,
  layer: KernelRun,
  browserStart: Seconds,
): Promise<Omit<MeasurementOf<"warm-up">, "id">> => {
  const run = madeUnique(layer);
  const kernels = distinctKernels(run.dispatches);
  const moduleTimes = await timeEach(kernels, ({ wgsl }) => device.createShaderModule({ code: wgsl }).getCompilationInfo());
  const pipelineTimes = await timeEach(kernels, (dispatch) => pipelineFor(device, dispatch));
  const prepared = await prepare(device, run, { seed: SEED, keepInputs: false });
  try {
    const { queue } = device;
    await queue.onSubmittedWorkDone();
    const runOnce = () => roundTrip(queue, () => queue.submit([commandsOf(device, prepared, 1)]));
    const first = await runOnce();
    const started = now();
    const runs: Seconds[] = [];
    do runs.push(await runOnce());
    while (runs.length < MOST_RUNS && now() - started < TIME_LIMIT);
    return {
      kind: "warm-up",
      browser_start_s: browserStart,
      adapter_s: adapterTime,
      device_s: deviceTime,
      shader_modules_s: moduleTimes,
      pipelines_s: pipelineTimes,
      first_dispatch_s: first,
      dispatches_s: runs,
      steady_after: steadyFrom(runs),
    };
  } finally {
    prepared.destroy();
  }
};
