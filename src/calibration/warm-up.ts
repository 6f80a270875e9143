import { median, sum } from "simple-statistics";
import type { Profile } from "../profile/schema.ts";
import type { Seconds } from "../units.ts";
import type { WarmUpCurve } from "./device-model.ts";
import { measurementsOf, missing } from "./measured.ts";

/** Phases until pipelines are there, and those in which the GPU already runs but is not yet steady. */
const initialise = ["browser process", "adapter", "device", "shader modules", "pipelines"] as const;
const settle = ["first dispatch", "approach to steady"] as const;

/**
 * The warm-up curve: seconds by phase from starting the process to steady state.
 *
 * The last phase is what the runs before the change-point took beyond the steady run. Pipelines are counted one after another,
 * as they were measured.
 *
 * @throws InputError where the profile has no warm-up
 */
export const warmUpCurve = (profile: Profile): WarmUpCurve => {
  const [warmUp] = measurementsOf(profile, "warm-up");
  if (warmUp === undefined) throw missing(profile, "warm-up", "warm-up");
  const { dispatches_s: dispatches, steady_after: steadyAfter } = warmUp;
  const steady = median(steadyAfter < dispatches.length ? dispatches.slice(steadyAfter) : dispatches.slice(-1));
  const seconds: Record<(typeof initialise | typeof settle)[number], Seconds> = {
    "browser process": warmUp.browser_start_s,
    adapter: warmUp.adapter_s,
    device: warmUp.device_s,
    "shader modules": sum(warmUp.shader_modules_s),
    pipelines: sum(warmUp.pipelines_s),
    "first dispatch": warmUp.first_dispatch_s,
    "approach to steady": sum(dispatches.slice(0, steadyAfter).map((run) => Math.max(0, run - steady))),
  };
  return {
    phases: [...initialise, ...settle].map((name) => ({ name, seconds: seconds[name] })),
    dispatches_until_steady: 1 + steadyAfter,
    error: { kind: "not-checked", because: "one cold start was measured, so there is none to hold out" },
  };
};

/** Seconds of the phases that a cold start calls initialise (process to pipelines) and warm-up (first dispatch to steady). */
export const warmUpSeconds = (curve: WarmUpCurve): { readonly initialise: Seconds; readonly warmUp: Seconds } => {
  const total = (names: readonly string[]) => sum(curve.phases.flatMap(({ name, seconds }) => (names.includes(name) ? [seconds] : [])));
  return { initialise: total(initialise), warmUp: total(settle) };
};
