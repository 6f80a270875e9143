import { InputError } from "../errors.ts";
import type { Profile } from "../profile/schema.ts";
import type { Seconds } from "../units.ts";
import type { CheckPlan } from "./check-plan.ts";
import { stepPredictor } from "./composites.ts";
import type { HeldOutError } from "./device-model.ts";
import { stepDtype } from "./dtype.ts";
import { heldOutError } from "./held-out.ts";
import { measuredKernels } from "./measured.ts";

/** A kernel of the profile, then and now. */
export interface Remeasured {
  readonly id: string;
  readonly then_s: Seconds;
  readonly now_s: Seconds;
}

/** How far a profile's predictions are from the same device today. */
export interface Check {
  readonly seed: number;
  readonly error: HeldOutError;
  /** Kernels that the profile holds, measured again: a machine that is slower today explains part of a miss. */
  readonly again: readonly Remeasured[];
  /** Geometric mean of now over then, over those kernels; null where none was measured again. */
  readonly drift: number | null;
  /** The error of predictions multiplied by the drift: what remains is the model's own. */
  readonly error_without_drift: HeldOutError;
  /** What differs between the two runs besides the day. */
  readonly notes: readonly string[];
}

/**
 * Compares what a profile predicts with what a later run measured.
 *
 * @param now the later run, of the plan's jobs
 * @throws InputError where the later run is of another device, condition or runtime
 */
export const checkAgainst = (profile: Profile, now: Profile, { seed, steps, again }: CheckPlan): Check => {
  mustBeSame(profile, now);
  const dtype = stepDtype(profile);
  const predict = stepPredictor(profile, dtype);
  const families = new Set(now.measurements.flatMap((measurement) => (measurement.kind === "kernel" ? [measurement.family] : [])));
  const kernelsOf = (run: Profile) => [...families].flatMap((family) => measuredKernels(run, family, dtype));
  const found = new Map(kernelsOf(now).map((kernel) => [kernel.id, kernel]));
  const before = new Map(kernelsOf(profile).map((kernel) => [kernel.id, kernel]));
  const points = steps.flatMap(({ id }) => {
    const step = found.get(id);
    return step === undefined ? [] : [{ id, predicted_s: predict(step), measured_s: step.seconds }];
  });
  const remeasured = again.flatMap(({ id }): Remeasured[] => {
    const [then, today] = [before.get(id), found.get(id)];
    return then === undefined || today === undefined ? [] : [{ id, then_s: then.seconds, now_s: today.seconds }];
  });
  const drift =
    remeasured.length === 0
      ? null
      : Math.exp(remeasured.reduce((sum, { then_s, now_s }) => sum + Math.log(now_s / then_s), 0) / remeasured.length);
  const because = "no step was measured";
  return {
    seed,
    error: heldOutError(points, because),
    again: remeasured,
    drift,
    error_without_drift: heldOutError(
      points.map((point) => ({ ...point, predicted_s: point.predicted_s * (drift ?? 1) })),
      because,
    ),
    notes: [...differences(profile, now), ...unmeasured(steps, now), ...now.notes],
  };
};

/** Steps that were to be measured and were not, and why. */
const unmeasured = (steps: CheckPlan["steps"], { left_out, verifications }: Profile): string[] => {
  const ids = new Set(steps.map(({ id }) => id));
  const missing = left_out.filter(({ id }) => ids.has(id));
  const reasons = new Set([
    ...missing.map(({ because }) => because),
    ...verifications.flatMap((verification) =>
      verification.kind === "passed" ? [] : [`${verification.variant}: ${verification.because}`],
    ),
  ]);
  return missing.length === 0 ? [] : [`${missing.length} of ${steps.length} steps were not measured: ${[...reasons].join("; ")}.`];
};

const mustBeSame = (profile: Profile, now: Profile): void => {
  for (const name of ["device", "condition", "runtime"] as const) {
    if (profile[name] === now[name]) continue;
    throw new InputError(
      "--check",
      `expected the profile's ${name}, ${profile[name]}, got ${now[name]}`,
      name === "device"
        ? "Check it on the machine it was measured on, or name that GPU with --gpu."
        : "Measure a profile in this one: npm run bench",
    );
  }
};

const differences = (profile: Profile, now: Profile): string[] => {
  const pairs: readonly (readonly [string, string, string])[] = [
    ["Ballast", profile.ballast_version, now.ballast_version],
    ["browser", profile.environment.browser, now.environment.browser],
    ["driver", profile.environment.adapter.driver, now.environment.adapter.driver],
    ["CPU", profile.environment.cpu, now.environment.cpu],
  ];
  return pairs.flatMap(([what, then, today]) =>
    then === today ? [] : [`Another ${what} than in the profile: ${today} instead of ${then}.`],
  );
};
