import { median, sum } from "simple-statistics";
import type { StartOf } from "../profile/measurements/warm-up.ts";
import type { Profile } from "../profile/schema.ts";
import { groupBy } from "../stats/group-by.ts";
import { medianInterval } from "../stats/median-interval.ts";
import type { Seconds } from "../units.ts";
import type { WarmUpCurve } from "./device-model.ts";
import { heldOutError, type CheckedPoint } from "./held-out.ts";
import { measurementsOf, missing } from "./measured.ts";

/** Phases until pipelines are there, and those in which the GPU already runs but is not yet steady. */
const initialise = ["browser process", "adapter", "device", "shader modules", "pipelines"] as const;
const settle = ["first dispatch", "approach to steady"] as const;
const phaseNames = [...initialise, ...settle] as const;
type PhaseSeconds = Record<(typeof phaseNames)[number], Seconds>;

type ProcessStart = StartOf<"process">;

/**
 * The warm-up curve: seconds by phase from starting the process to steady state, each the median over the measured cold starts.
 *
 * The last phase is what the runs before the change-point took beyond the steady run. Pipelines are counted one after another; what
 * several pending at once would save stands beside them, as does a restart on the caches that an earlier process left. The error is
 * that of leaving each cold start out in turn.
 *
 * @throws InputError where the profile has no warm-up
 */
export const warmUpCurve = (profile: Profile): WarmUpCurve => {
  const processes = measurementsOf(profile, "warm-up").flatMap(({ starts }) => starts.filter((start) => start.fresh === "process"));
  const cold = processes.filter(({ pipelines }) => pipelines === "cold");
  const warm = processes.filter(({ pipelines }) => pipelines === "disk-warm");
  if (cold.length === 0) throw missing(profile, "warm-up", "warm-up");
  const phases = medianPhases(cold);
  const pending = bestPendingOrNull(profile);
  const { low, high } = medianInterval(cold.map((start) => total(phasesOf(start))));
  return {
    phases: listed(phases),
    dispatches_until_steady: Math.round(median(cold.map(({ steady_after }) => 1 + steady_after))),
    starts: cold.length,
    total_s: [low, high],
    ...(warm.length === 0 ? {} : { restart: { phases: listed(medianPhases(warm)), starts: warm.length } }),
    ...(pending === null
      ? {}
      : { pending: { pending: pending.count, compile_s: pending.share * (phases["shader modules"] + phases.pipelines) } }),
    error: heldOutError(leaveOneOut(cold), "one cold start was measured, so there is none to hold out"),
  };
};

/** Seconds of the phases that a cold start calls initialise (process to pipelines) and warm-up (first dispatch to steady). */
export const warmUpSeconds = (curve: Pick<WarmUpCurve, "phases">): { readonly initialise: Seconds; readonly warmUp: Seconds } => {
  const isSettling = (name: string) => (settle as readonly string[]).includes(name);
  const sumOf = (isSettled: boolean) => sum(curve.phases.flatMap(({ name, seconds }) => (isSettling(name) === isSettled ? [seconds] : [])));
  return { initialise: sumOf(false), warmUp: sumOf(true) };
};

/** What a run takes once it is steady. */
export const steadySeconds = ({ dispatches_s, steady_after }: Pick<ProcessStart, "dispatches_s" | "steady_after">): Seconds =>
  median(steady_after < dispatches_s.length ? dispatches_s.slice(steady_after) : dispatches_s.slice(-1));

const phasesOf = (start: ProcessStart): PhaseSeconds => {
  const steady = steadySeconds(start);
  return {
    "browser process": start.browser_start_s,
    adapter: start.adapter_s,
    device: start.device_s,
    "shader modules": sum(start.shader_modules_s),
    pipelines: sum(start.pipelines_s),
    "first dispatch": start.first_dispatch_s,
    // As a sum: run by run, noise that happens to be slow would count and noise that is fast would not.
    "approach to steady": Math.max(0, sum(start.dispatches_s.slice(0, start.steady_after)) - start.steady_after * steady),
  };
};

const medianPhases = (starts: readonly ProcessStart[]): PhaseSeconds => {
  const all = starts.map(phasesOf);
  return Object.fromEntries(phaseNames.map((name) => [name, median(all.map((phases) => phases[name]))])) as PhaseSeconds;
};

const listed = (phases: PhaseSeconds) => phaseNames.map((name) => ({ name, seconds: phases[name] }));
const total = (phases: PhaseSeconds): Seconds => sum(Object.values(phases));

const leaveOneOut = (cold: readonly ProcessStart[]): CheckedPoint[] =>
  cold.length < 2
    ? []
    : cold.map((start) => ({
        id: `cold start ${start.launch + 1}`,
        predicted_s: total(medianPhases(cold.filter((other) => other !== start))),
        measured_s: total(phasesOf(start)),
      }));

/** The number of pending pipelines with which cold kernels were there soonest, and its share of their time one after another. */
const bestPendingOrNull = (profile: Profile): { readonly count: number; readonly share: number } | null => {
  const runs = measurementsOf(profile, "compile").flatMap(({ runs }) => runs.filter(({ pipelines }) => pipelines === "cold"));
  const each = [...groupBy(runs, ({ pending }) => pending)].map(([count, same]): [number, Seconds] => [
    count,
    median(same.map(({ total_s, each_s }) => total_s / each_s.length)),
  ]);
  const serial = each.find(([count]) => count === 1);
  const best = each.filter(([count]) => count > 1).sort(([, a], [, b]) => a - b)[0];
  if (serial === undefined || best === undefined || serial[1] <= 0) return null;
  return { count: best[0], share: best[1] / serial[1] };
};
