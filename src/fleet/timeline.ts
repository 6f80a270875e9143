import type { Meters } from "../replica/meters.ts";
import type { WindowedIntegral } from "../sim/windowed-integral.ts";
import type { QuantileSketch } from "../stats/quantile-sketch.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { SimulationConfig } from "./config.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Run } from "./run.ts";

/**
 * What happened window by window, from the meters and outcomes of a run that has ended.
 *
 * @param peak tokens a second that a replica computes at best
 */
export const timelineOf = (
  { replica, startUp, churn, gpusPerReplica = 1 }: Pick<SimulationConfig, "replica" | "startUp" | "churn" | "gpusPerReplica">,
  outcomes: Outcomes,
  meters: Meters,
  peak: number,
  endedAt: Nanoseconds,
): Run["timeline"] => {
  const { window } = meters;
  const count = Math.max(Math.ceil(endedAt / window), outcomes.arrivals.length);
  const windows = Array.from({ length: count }, (_, index) => index);
  // The last window is as long as the run lasts in it.
  const lengthOf = (index: number): number => Math.min(window, endedAt - index * window);
  const mean = (time: number, index: number): number => (lengthOf(index) > 0 ? time / lengthOf(index) : 0);
  const means = (integral: WindowedIntegral): number[] => windows.map((index) => mean(integral.of(index), index));
  const shares = (part: (index: number) => number, whole: (index: number) => number): (number | null)[] =>
    windows.map((index) => (whole(index) === 0 ? null : part(index) / whole(index)));
  const quantiles = (sketches: readonly (QuantileSketch | undefined)[], p: number): (number | null)[] =>
    windows.map((index) => {
      const sketch = sketches[index];
      return sketch === undefined ? null : toSeconds(sketch.quantile(p));
    });
  const { provisioning, loading, warming, busy, idle, asleep, keptNodes, ready } = meters;
  const starting = (index: number): number => provisioning.of(index) + loading.of(index) + warming.of(index);
  const serving = (index: number): number => busy.of(index) + idle.of(index);
  // All that serves and takes no new request drains; it is busy for as long.
  const draining = (index: number): number => Math.max(0, serving(index) - ready.of(index));
  const usableBlocks = replica.numGpuBlocks - 1;
  const isFailedPaid = churn?.failures?.replica?.is_paid ?? true;
  const standBy = startUp?.warmPool?.paidShare ?? 1;
  return {
    window_s: toSeconds(window),
    arrivals: windows.map((index) => outcomes.arrivals[index] ?? 0),
    replicas_ready: means(ready),
    replicas_starting: windows.map((index) => mean(starting(index), index)),
    replicas: {
      provisioning: means(provisioning),
      loading: means(loading),
      warming: means(warming),
      busy: windows.map((index) => mean(Math.max(0, busy.of(index) - draining(index)), index)),
      idle: means(idle),
      draining: windows.map((index) => mean(draining(index), index)),
      asleep: means(asleep),
      ...(churn?.failures === undefined ? {} : { failed: means(meters.failed) }),
    },
    queued: means(meters.queued),
    running: means(meters.running),
    kv_use: shares(
      (index) => meters.kvBlocks.of(index),
      (index) => serving(index) * usableBlocks,
    ).map((share) => share ?? 0),
    ...(replica.enablePrefixCaching
      ? {
          looked_up_tokens: windows.map((index) => meters.queried.of(index)),
          hit_rate: shares(
            (index) => meters.hits.of(index),
            (index) => meters.queried.of(index),
          ),
        }
      : {}),
    busy_share: shares((index) => busy.of(index), serving),
    useful_share: shares(
      (index) => meters.computed.of(index),
      (index) => peak * toSeconds(serving(index)),
    ),
    paid_gpu_s: windows.map(
      (index) =>
        gpusPerReplica *
        toSeconds(
          starting(index) +
            serving(index) +
            keptNodes.of(index) +
            standBy * asleep.of(index) +
            (isFailedPaid ? meters.failed.of(index) : 0),
        ),
    ),
    ttft_p50_s: quantiles(outcomes.ttftByWindow, 0.5),
    ttft_p99_s: quantiles(outcomes.ttftByWindow, 0.99),
    tpot_p50_s: quantiles(outcomes.tpotByWindow, 0.5),
    tpot_p99_s: quantiles(outcomes.tpotByWindow, 0.99),
  };
};
