import type { Dispatch, KernelRun } from "../../../kernels/kernel.ts";
import type { CompileStateJob } from "../../../src/profile/jobs.ts";
import type { CompileRun } from "../../../src/profile/measurements/compile.ts";
import type { Seconds } from "../../../src/units.ts";
import { distinctKernels, withNonce } from "./layer-texts.ts";
import { compile, pipelineFor } from "../pipelines.ts";
import { now } from "../sampling/wall-clock.ts";

/** Compiles all, with up to `pending` asked for and not there yet at any moment. */
const compileAll = async (
  dispatches: readonly Dispatch[],
  pending: number,
  compileOne: (dispatch: Dispatch) => Promise<unknown>,
): Promise<Pick<CompileRun, "each_s" | "total_s">> => {
  const waiting = [...dispatches.entries()].values();
  const each: Seconds[] = [];
  const started = now();
  const oneAfterAnother = async () => {
    for (const [index, dispatch] of waiting) {
      const asked = now();
      await compileOne(dispatch);
      each[index] = now() - asked;
    }
  };
  await Promise.all(Array.from({ length: pending }, oneAfterAnother));
  return { each_s: each, total_s: now() - started };
};

/**
 * A layer's kernels compiled with so many pending at a time, each number with texts of its own. Every run compiles whole copies of
 * the layer, so that all have the same mix, and no fewer pipelines than may be pending.
 *
 * @param nonce of the first text; the same again gives the same texts
 * @param copies fewest of the layer in a run
 * @param isHot whether this device has these pipelines already
 * @throws ValidationFailed
 */
export const measureCompile = async (
  device: GPUDevice,
  layer: KernelRun,
  { nonce, pending, copies, isHot }: Pick<CompileStateJob, "nonce" | "pending" | "copies"> & { readonly isHot: boolean },
): Promise<{ readonly kernels: number; readonly runs: Omit<CompileRun, "pipelines">[] }> => {
  const kernels = distinctKernels(layer).length;
  let next = nonce;
  const runs: Omit<CompileRun, "pipelines">[] = [];
  for (const count of pending) {
    const length = Math.max(copies, Math.ceil(count / kernels));
    const texts = Array.from({ length }, () => distinctKernels(withNonce(layer, next++))).flat();
    // What is hot must still be there: `pipelineFor` holds it for as long as the device lives.
    runs.push({
      pending: count,
      ...(await compileAll(texts, count, (text) => (isHot ? compile(device, text) : pipelineFor(device, text)))),
    });
  }
  return { kernels, runs };
};
