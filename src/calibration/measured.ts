import { mean, quantile } from "simple-statistics";
import type { Dtype, Shape } from "../../kernels/kernel.ts";
import { InputError } from "../errors.ts";
import { canonicalJson } from "../json.ts";
import type { Cache, Timing } from "../profile/measurements/timing.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import { groupBy } from "../stats/group-by.ts";
import type { Seconds } from "../units.ts";

/** One kernel's measurement, reduced to what the fits need. */
export interface MeasuredKernel {
  readonly id: string;
  readonly variant: string;
  readonly shape: Shape;
  readonly bytes: number;
  readonly cache: Cache;
  /** Mean over the samples, severe outliers aside, for one run of the kernel. */
  readonly seconds: Seconds;
}

/**
 * The family's measurements in this element type, of variants that passed their verification on the device. Of a kernel that was timed
 * cold and hot the cold one: a step finds weights and keys in memory.
 */
export const measuredKernels = (profile: Profile, family: string, dtype: Dtype): MeasuredKernel[] => {
  const passed = new Set(profile.verifications.flatMap((verification) => (verification.kind === "passed" ? [verification.variant] : [])));
  const kernels = measurementsOf(profile, "kernel")
    .filter((kernel) => kernel.family === family && kernel.dtype === dtype && passed.has(kernel.variant))
    .map(({ id, variant, shape, bytes, cache, timing }) => ({ id, variant, shape, bytes, cache, seconds: addable(timing) }))
    .filter(({ seconds }) => seconds > 0);
  const timedCold = new Set(kernels.filter(({ cache }) => cache === "cold").map(sameKernel));
  return kernels.filter((kernel) => kernel.cache === "cold" || !timedCold.has(sameKernel(kernel)));
};

/** Interquartile ranges beyond the quartiles from which a sample is a hiccup of the machine: Tukey's outer fence. */
const OUTER_FENCE = 3;

/**
 * The time of one run, such that the times of a step's kernels add up to the step's. Means add; medians do not: a kernel of a
 * millisecond mostly escapes what disturbs the machine now and then, and a step that is made of a hundred of them does not. Hiccups are looked
 * for within a process, since a process that is slower as a whole is none; each process counts alike.
 */
const addable = ({ samples_s, visits }: Pick<Timing, "samples_s" | "visits">): Seconds => {
  const processOf = visits.flatMap(({ samples, process }) => Array<number>(samples).fill(process));
  const byProcess = groupBy(samples_s.keys(), (index) => processOf[index] ?? 0);
  return mean([...byProcess.values()].map((indices) => withoutHiccups(indices.map((index) => samples_s[index]!))));
};

const withoutHiccups = (samples: readonly Seconds[]): Seconds => {
  const [lower, upper] = [quantile([...samples], 0.25), quantile([...samples], 0.75)];
  const reach = OUTER_FENCE * (upper - lower);
  return mean(samples.filter((sample) => sample >= lower - reach && sample <= upper + reach));
};

const sameKernel = ({ variant, shape }: MeasuredKernel): string => canonicalJson([variant, shape]);

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
