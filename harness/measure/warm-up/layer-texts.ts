import type { Dispatch, KernelRun } from "../../../kernels/kernel.ts";
import { uniqueWgsl } from "./unique-wgsl.ts";

/** The run with every kernel's text made that of the nonce; kernels that were equal stay so. */
export const withNonce = (run: KernelRun, nonce: number): KernelRun => ({
  ...run,
  dispatches: run.dispatches.map((dispatch) => ({ ...dispatch, wgsl: uniqueWgsl(dispatch.wgsl, dispatch.entryPoint, nonce) })),
});

/** One dispatch of each kernel in the run. */
export const distinctKernels = ({ dispatches }: KernelRun): Dispatch[] => [
  ...new Map(dispatches.map((dispatch) => [dispatch.wgsl, dispatch])).values(),
];
