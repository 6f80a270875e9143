import type { KernelVariant, Shape } from "../../kernels/kernel.ts";
import type { MeasurementOf } from "../../src/profile/schema.ts";
import { prepare } from "./run-kernel.ts";
import type { StoppingRule } from "./sampler.ts";
import type { Timer } from "./timer.ts";

const SEED = 2;

/** Seconds for one run of a kernel or a whole decoder layer, hot, on random inputs. The variant is verified already. */
export const measureKernel = async (
  device: GPUDevice,
  timer: Timer,
  { id, variant, shape }: { readonly id: string; readonly variant: KernelVariant; readonly shape: Shape },
  rule: StoppingRule,
): Promise<MeasurementOf<"kernel">> => {
  const run = variant.run(shape);
  const prepared = await prepare(device, run, { seed: SEED, keepInputs: false });
  try {
    await device.queue.onSubmittedWorkDone();
    return {
      kind: "kernel",
      id,
      family: variant.family,
      variant: variant.id,
      version: variant.version,
      dtype: variant.dtype,
      shape: { ...shape },
      operations: run.operations,
      bytes: run.bytes,
      cache: "hot",
      rotated_bytes: 0,
      timing: await timer.time(prepared, rule),
      power_w: null,
    };
  } finally {
    prepared.destroy();
  }
};
