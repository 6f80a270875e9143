import { variantById, variantsOf } from "../../../kernels/index.ts";
import type { Shape } from "../../../kernels/kernel.ts";
import { verifyVariant } from "../../../harness/measure/verify.ts";
import { prepare } from "../../../harness/measure/run-kernel.ts";
import { isForDevice } from "../../../src/profile/choose.ts";
import type { Family } from "../../../src/report/peers-schema.ts";
import type { Contender, Way } from "./contender.ts";
import { SEED } from "./problem.ts";

/** A variant of Ballast's at a shape. Its calls are encoded into one pass, as an engine's step encodes its kernels. */
const contender = async (device: GPUDevice, id: string, shape: Shape): Promise<Contender> => {
  const run = variantById(id).run(shape);
  const output = run.buffers.find(({ role }) => role === "output")?.name;
  if (output === undefined) throw new RangeError(`${id} has no output`);
  const prepared = await prepare(device, run, { seed: SEED, keepInputs: true });
  const issue = (calls: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    prepared.encode(pass, calls);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return {
    issue,
    output: async () => {
      issue(1);
      return (await prepared.read())[output]!;
    },
    destroy: prepared.destroy,
  };
};

export const variantAt = (device: GPUDevice, id: string, shape: Shape): Way => ({
  name: id,
  prepare: () => contender(device, id, shape),
});

/** The family's variants in f32, which every peer computes in, that this kind of device is made for and this one can run. */
export const candidates = (device: GPUDevice, family: Family, isGpu: boolean): string[] =>
  variantsOf(family)
    .filter((variant) => variant.dtype === "f32" && isForDevice(variant, isGpu))
    .filter(({ needs }) => needs.every((feature) => device.features.has(feature)))
    .map(({ id }) => id);

const verified = new Map<string, Promise<boolean>>();

/** Whether a variant passes its verification on this device: nothing else may be timed. */
export const isRight = (device: GPUDevice, id: string): Promise<boolean> => {
  const known = verified.get(id) ?? verifyVariant(device, variantById(id)).then(({ kind }) => kind === "passed");
  verified.set(id, known);
  return known;
};
