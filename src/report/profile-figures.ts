import { sum } from "simple-statistics";
import type { WarmUpCurve } from "../calibration/device-model.ts";
import { measurementsOf } from "../calibration/measured.ts";
import { warmUpCurve } from "../calibration/warm-up.ts";
import type { Profile } from "../profile/schema.ts";
import type { Seconds } from "../units.ts";

/** What a reader wants of warm-up from a profile's raw samples. Numbers only; no words. */

export interface WarmUpFigure {
  /** In the order they happen. */
  readonly phases: WarmUpCurve["phases"];
  readonly total: Seconds;
  /** Runs of the layer before it was steady, the first included. */
  readonly runsUntilSteady: number;
}

/** Seconds by phase, from starting the browser to the steady state; null where no warm-up was measured. */
export const warmUpFigureOrNull = (profile: Profile): WarmUpFigure | null => {
  if (measurementsOf(profile, "warm-up").length === 0) return null;
  const { phases, dispatches_until_steady } = warmUpCurve(profile);
  return { phases, total: sum(phases.map(({ seconds }) => seconds)), runsUntilSteady: dispatches_until_steady };
};
