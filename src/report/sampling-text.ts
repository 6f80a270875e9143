import { median } from "simple-statistics";
import { count, list, NONE, percent, quantity } from "../format.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import { measurementsOf } from "../calibration/measured.ts";
import { outliersOf } from "../stats/outliers.ts";

/** Words for how the samples of kernels came to be: what was not reached, dropped, or far from the rest. */

/** Kernels whose sampling ended before it was as precise as asked for: no more samples, or no more time. */
const unmet = (profile: Profile): MeasurementOf<"kernel">[] =>
  measurementsOf(profile, "kernel").filter(
    ({ timing: { stopping } }) => stopping?.reason === "most-samples" || stopping?.reason === "time-out",
  );

/** `12 of 80 kernels less precise than asked for (12 by time-out): noise up to 9 % …`; empty where all met their criterion. */
export const unmetSentence = (profile: Profile): string => {
  const kernels = unmet(profile);
  const all = measurementsOf(profile, "kernel").filter(({ timing }) => timing.stopping !== null).length;
  if (kernels.length === 0) return "";
  const by = (["time-out", "most-samples"] as const).flatMap((reason) => {
    const number = kernels.filter(({ timing }) => timing.stopping?.reason === reason).length;
    return number === 0 ? [] : [`${count(number)} by ${reason}`];
  });
  const worst = Math.max(...kernels.map(({ timing }) => timing.stopping?.noise ?? 0));
  const limit = Math.min(...kernels.map(({ timing }) => timing.stopping?.noise_limit ?? Infinity));
  return `${count(kernels.length)} of ${quantity(all, "kernel")} less precise than asked for (${list(by)}): noise up to ${percent(worst)} against a limit of ${percent(limit)}.`;
};

/** Each with the criterion it did not meet, the noisiest first. */
export const unmetList = (profile: Profile): string[] =>
  unmet(profile)
    .flatMap(({ id, timing: { stopping, samples_s } }) => (stopping === null ? [] : [{ id, stopping, samples: samples_s.length }]))
    .sort((a, b) => b.stopping.noise - a.stopping.noise)
    .map(
      ({ id, stopping, samples }) =>
        `${id}: ${stopping.reason} after ${count(samples)} samples, noise ${percent(stopping.noise)} against ${percent(stopping.noise_limit)}`,
    );

/** `3 mild, 1 severe` by Tukey's fences, and how many samples were no durations or taken while the GPU throttled. */
export const outliersText = ({ timing }: MeasurementOf<"kernel">): string => {
  const { lowSevere, lowMild, highMild, highSevere } = outliersOf(timing.samples_s);
  const parts: readonly (readonly [number, string])[] = [
    [lowMild + highMild, "mild"],
    [lowSevere + highSevere, "severe"],
    [timing.dropped, "dropped"],
    [timing.throttled, "throttled"],
  ];
  const some = parts.filter(([number]) => number > 0).map(([number, what]) => `${count(number)} ${what}`);
  return some.length === 0 ? NONE : some.join(", ");
};

/** How many processes of the runtime a run measured in, and by how much those differ: what the intervals hold. */
export const processesSentence = (profile: Profile): string => {
  const noises = measurementsOf(profile, "kernel").flatMap(({ timing }) => timing.process_noise ?? []);
  const [first] = noises;
  if (first === undefined)
    return "Measured in one process: intervals hold what varies within it, and not what another process would have for itself.";
  const own = noises.map((noise) => noise.own);
  return `Measured in ${quantity(first.processes, "process", "processes")}, which differ by ${percent(first.common)} for all kernels alike and by ${percent(median(own))} for single ones: intervals hold both.`;
};
