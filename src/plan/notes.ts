import { driftCautionOrNull } from "./confidence/drift.ts";
import type { DeviceModel } from "../calibration/device-model.ts";
import { duration, mean, percent, quantity, significant } from "../format.ts";
import type { FleetSetup } from "../scenario/resolve.ts";
import { typicalStart } from "../replica/cold-start/phase.ts";
import type { Request } from "../traffic/request.ts";
import { toSeconds, type Seconds } from "../units.ts";
import type { Replication } from "./search/replications.ts";

/** How far the device model may be trusted. */
export const deviceNotes = ({ step, load, weight_bytes, notes }: DeviceModel): string[] => {
  const { error } = step;
  const stepError =
    error.kind === "checked"
      ? `Step times: on ${quantity(error.points.length, "point")} that the fit did not see, the error is ${percent(error.median_abs)} at the median and ${percent(error.p90_abs)} at the 90th percentile.`
      : `Step times were not checked on points outside the fit: ${error.because}.`;
  const largest = load.valid_bytes[1];
  const loadError =
    load.error.kind === "checked"
      ? `Weight load: on ${quantity(load.error.points.length, "upload")} left out of the fit in turn, the error is ${percent(load.error.median_abs)} at the median`
      : `Weight load was not checked outside the fit (${load.error.because})`;
  const beyond = weight_bytes > largest ? `; the weights are ${significant(weight_bytes / largest)} times the largest upload measured` : "";
  return [stepError, `${loadError}${beyond}.`, ...notes];
};

/** What the runs behind the answer show of its limits. */
export const runNotes = (replications: readonly Replication[]): string[] => {
  const runs = replications.map(({ run }) => run);
  const total = (pick: (run: Replication["run"]) => number): number => runs.reduce((sum, run) => sum + pick(run), 0);
  const extrapolated = total((run) => run.extrapolated_steps) / total((run) => run.steps);
  const endedAs = (run: Replication["run"], isTooLong: boolean): number =>
    run.admission === undefined
      ? isTooLong
        ? run.requests.rejected
        : 0
      : run.admission.failures.reduce((sum, { reason, requests }) => sum + ((reason === "too_long") === isTooLong ? requests : 0), 0);
  const rejected = total((run) => endedAs(run, true));
  const failed = total((run) => endedAs(run, false));
  return [
    ...(extrapolated > 0
      ? [`${percent(extrapolated)} of the steps lie outside the measured range of the step curve: their times are extrapolated.`]
      : []),
    ...(rejected > 0
      ? [
          `${quantity(rejected, "request")} of ${mean(total((run) => run.requests.arrived))} ${rejected === 1 ? "is" : "are"} longer than a server takes and ${rejected === 1 ? "is" : "are"} rejected: each counts as a miss.`,
        ]
      : []),
    ...(failed > 0
      ? [
          `${quantity(failed, "request")} of ${mean(total((run) => run.requests.arrived))} ${failed === 1 ? "was" : "were"} turned away in front of the fleet, or given up by ${failed === 1 ? "its client" : "their clients"}: each counts as a miss.`,
        ]
      : []),
  ];
};

/** How the beginning and the end of every simulation count. */
export const EDGES =
  "A simulation begins with replicas that are ready and hold nothing: no request before the first, empty caches. All requests count, the first ones too, and it ends when the last one has left; one that never finishes is a miss.";

/** Over how much time an answer was sampled that rests on one recorded trace. */
export const traceNote = (requests: readonly Request[]): string =>
  `The trace is one sample of ${duration(spanOf(requests))}: nothing here says how another day or another season would differ.`;

/** What a reader must know beside the answer where it rests on one recorded trace: that it drifts, is over before a replica starts, or has one burst. */
export const traceCautions = (requests: readonly Request[], setup: FleetSetup): string[] => {
  const span = spanOf(requests);
  const coldStart = typicalStart(setup.coldStart);
  const burst = singleBurstOrNull(requests);
  const drift = driftCautionOrNull(requests);
  return [
    ...(drift === null ? [] : [drift]),
    ...(span < coldStart
      ? [
          `The trace lasts ${duration(span)}, less than one cold start (${duration(coldStart)}): a replica that an autoscaler adds comes too late for all of it.`,
        ]
      : []),
    ...(burst === null ? [] : [burst]),
  ];
};

/** From the first to the last arrival. */
export const spanOf = (requests: readonly Request[]): Seconds =>
  toSeconds((requests.at(-1)?.arrivedAt ?? 0) - (requests[0]?.arrivedAt ?? 0));

const BURST_WINDOW: Seconds = 60;
const BURST_FACTOR = 2;

/** Where one minute has twice the requests of any that is not next to it, the answer rests on that event. */
const singleBurstOrNull = (requests: readonly Request[]): string | null => {
  const first = requests[0]?.arrivedAt ?? 0;
  const counts: number[] = Array<number>(Math.floor(spanOf(requests) / BURST_WINDOW) + 1).fill(0);
  for (const { arrivedAt } of requests) counts[Math.floor(toSeconds(arrivedAt - first) / BURST_WINDOW)]! += 1;
  const peak = counts.reduce((best, count, i) => (count > counts[best]! ? i : best), 0);
  const others = counts.filter((_, i) => Math.abs(i - peak) > 1);
  const next = others.reduce((a, b) => Math.max(a, b), 0);
  if (others.length === 0 || counts[peak]! < BURST_FACTOR * next) return null;
  const most =
    next === 0
      ? "all requests but those next to it"
      : `${significant(counts[peak]! / next)} times the requests of any minute not next to it`;
  return `The answer rests on one event: the minute from ${duration(peak * BURST_WINDOW)} on has ${most}.`;
};
