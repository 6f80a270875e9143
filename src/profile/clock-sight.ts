import { quantile } from "simple-statistics";
import type { Seconds } from "../units.ts";
import type { MeasurementOf } from "./schema.ts";

/** A sample of this many ticks is read to 5 %. */
const TICKS_TO_TRUST = 20;

/**
 * Whether a sample was too short for the clock it was taken with, so that the figure is not worth quoting.
 *
 * A GPU timestamp needs 20 of its ticks. A difference of two round trips needs 20 steps of the page's clock, and more than round trips
 * differ among themselves: the range of the middle 90 % of those of a small submit.
 *
 * @param run seconds of one run
 * @param clock what the profile says of its clocks; without it nothing is known to be too short
 */
export const isBelowClock = (
  run: Seconds,
  { kind, runs_per_sample }: Pick<MeasurementOf<"kernel">["timing"], "kind" | "runs_per_sample">,
  clock: MeasurementOf<"clock"> | undefined,
): boolean => clock !== undefined && run * runs_per_sample < shortestSeen(kind, clock);

const shortestSeen = (kind: MeasurementOf<"kernel">["timing"]["kind"], clock: MeasurementOf<"clock">): Seconds => {
  switch (kind) {
    case "gpu-timestamp":
      return TICKS_TO_TRUST * (clock.timestamp_tick_s ?? 0);
    case "wall-clock": {
      const { small_submit_s, performance_now_step_s } = clock;
      return Math.max(TICKS_TO_TRUST * performance_now_step_s, quantile(small_submit_s, 0.95) - quantile(small_submit_s, 0.05));
    }
    default:
      return kind satisfies never;
  }
};
