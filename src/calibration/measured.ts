import { median } from "simple-statistics";
import type { Dtype, Shape } from "../../kernels/kernel.ts";
import { InputError } from "../errors.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import type { Seconds } from "../units.ts";

/** One kernel's measurement, reduced to what the fits need. */
export interface MeasuredKernel {
  readonly id: string;
  readonly variant: string;
  readonly shape: Shape;
  readonly bytes: number;
  /** Median over the samples, for one run of the kernel. */
  readonly seconds: Seconds;
}

/** The family's measurements in this element type, of variants that passed their verification on the device. */
export const measuredKernels = (profile: Profile, family: string, dtype: Dtype): MeasuredKernel[] => {
  const passed = new Set(profile.verifications.flatMap((verification) => (verification.kind === "passed" ? [verification.variant] : [])));
  return measurementsOf(profile, "kernel")
    .filter((kernel) => kernel.family === family && kernel.dtype === dtype && passed.has(kernel.variant))
    .map(({ id, variant, shape, bytes, timing }) => ({ id, variant, shape, bytes, seconds: median(timing.samples_s) }))
    .filter(({ seconds }) => seconds > 0);
};

export const measurementsOf = <K extends Profile["measurements"][number]["kind"]>(profile: Profile, kind: K): MeasurementOf<K>[] =>
  profile.measurements.filter((measurement): measurement is MeasurementOf<K> => measurement.kind === kind);

/** A size of a kernel's shape. @throws InputError where the measurement does not say it */
export const sizeOf = (kernel: { readonly id: string; readonly shape: Shape }, name: string): number => {
  const size = kernel.shape[name];
  if (size !== undefined) return size;
  throw new InputError(
    `profile: measurement ${kernel.id}`,
    `expected a size named ${name} in its shape, got none`,
    "Measure again: npm run bench",
  );
};

/** What to say where the profile lacks something that a curve stands on: which, why where the profile knows, and what to run. */
export const missing = (profile: Profile, what: string, idPrefix: string): InputError => {
  const why = profile.left_out.find(({ id }) => id.startsWith(idPrefix))?.because;
  return new InputError(
    `profile of ${profile.device}`,
    `expected a measurement of ${what}, got none${why === undefined ? "" : ` (left out: ${why})`}`,
    `Measure with more time: npm run bench -- --budget ${2 * Math.ceil(profile.budget_s)}`,
  );
};
