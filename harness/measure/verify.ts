import { type KernelVariant, mismatches, type Reference, type Shape } from "../../kernels/kernel.ts";
import type { Verification } from "../../src/profile/schema.ts";
import { matrixUnits } from "./gpu.ts";
import { guarded, LimitExceeded, ValidationFailed } from "./gpu-errors.ts";
import { prepare } from "./run-kernel.ts";

const SEED = 1;

/**
 * Whether a variant computes what it should on this device: every verification shape, on random inputs, against the f64
 * reference and its bound. A variant may be timed only after it passed.
 *
 * Features the device lacks, or a limit it does not reach, leave the variant unverified; a kernel the browser refuses has failed.
 *
 * @param info of the device's adapter: Dawn in Node leaves the matrix units out of what the device says of itself
 * @throws OutOfMemory
 */
export const verifyVariant = async (
  device: GPUDevice,
  variant: KernelVariant,
  info: GPUAdapterInfo = device.adapterInfo,
): Promise<Verification> => {
  const missing = missingIn(device, variant, info);
  if (missing.length > 0) return { kind: "unverified", variant: variant.id, because: `this device has no ${missing.join(", ")}` };
  let worst = 0;
  for (const shape of variant.verificationShapes) {
    try {
      const outcome = await runOnce(device, variant, shape);
      if (outcome.kind === "wrong") return { kind: "failed", variant: variant.id, because: outcome.because };
      worst = Math.max(worst, outcome.shareOfBound);
    } catch (error) {
      if (error instanceof LimitExceeded) return { kind: "unverified", variant: variant.id, because: error.message };
      if (error instanceof ValidationFailed) return { kind: "failed", variant: variant.id, because: error.message };
      throw error;
    }
  }
  return { kind: "passed", variant: variant.id, shapes: variant.verificationShapes.length, worst_share_of_bound: worst };
};

type Outcome = { readonly kind: "right"; readonly shareOfBound: number } | { readonly kind: "wrong"; readonly because: string };

const runOnce = async (device: GPUDevice, variant: KernelVariant, shape: Shape): Promise<Outcome> => {
  const run = variant.run(shape);
  const prepared = await prepare(device, run, { seed: SEED, keepInputs: true });
  try {
    await guarded(device, () => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      prepared.encode(pass, 1);
      pass.end();
      device.queue.submit([encoder.finish()]);
    });
    const got = await prepared.read();
    const references = run.reference(prepared.inputs, got);
    const [worst] = mismatches(got, references, 1);
    if (worst !== undefined) {
      const { buffer, index, expected, bound } = worst;
      const because = `${describeShape(shape)}: ${buffer}[${index}] is ${worst.got}, reference ${expected}, and arithmetic allows an error of ${bound.toExponential(1)}`;
      return { kind: "wrong", because };
    }
    return { kind: "right", shareOfBound: shareOfBound(got, references) };
  } finally {
    prepared.destroy();
  }
};

/** What a variant needs and the device has not: features, then the matrix units it is written for. */
const missingIn = ({ features }: GPUDevice, { needs, matrix }: KernelVariant, info: GPUAdapterInfo): string[] => {
  const missing: string[] = needs.filter((feature) => !features.has(feature));
  if (missing.length > 0 || matrix === undefined) return missing;
  const { m, n, k, component, result, subgroup } = matrix;
  const { subgroupMinSize, subgroupMaxSize } = info;
  const isThere = (matrixUnits(info) ?? []).some(
    (unit) => unit.m === m && unit.n === n && unit.k === k && unit.component === component && unit.result === result,
  );
  if (!isThere) missing.push(`${m}×${n}×${k} matrix unit of ${component} with ${result} sums`);
  if (subgroupMinSize !== subgroup || subgroupMaxSize !== subgroup) missing.push(`subgroups of just ${subgroup}`);
  return missing;
};

const describeShape = (shape: Shape): string =>
  Object.entries(shape)
    .map(([name, size]) => `${name} ${size}`)
    .join(", ");

/** Largest error as a share of its bound; elements that must be exact have no share. */
const shareOfBound = (got: Readonly<Record<string, Float64Array>>, references: readonly Reference[]): number => {
  let worst = 0;
  for (const { buffer, expected, bound } of references) {
    const values = got[buffer];
    if (values === undefined) continue;
    for (let i = 0; i < expected.length; i++) {
      if (bound[i]! > 0) worst = Math.max(worst, Math.abs(values[i]! - expected[i]!) / bound[i]!);
    }
  }
  return worst;
};
