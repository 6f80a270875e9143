import type { Meters } from "../replica/meters.ts";
import { toSeconds } from "../units.ts";
import type { FleetConfig } from "./config.ts";
import type { Run } from "./run.ts";

/** GPU time paid for so far, by state, all replicas. A pool that stands by costs its share; a node that is kept costs all. */
export const paidSoFar = (meters: Meters, config: Pick<FleetConfig, "startUp">): Run["paid_s"] => ({
  provisioning: toSeconds(meters.provisioning.total()),
  loading: toSeconds(meters.loading.total()),
  warming: toSeconds(meters.warming.total()),
  busy: toSeconds(meters.busy.total()),
  idle: toSeconds(meters.idle.total()),
  asleep: toSeconds(meters.keptNodes.total()) + (config.startUp?.warmPool?.paidShare ?? 1) * toSeconds(meters.asleep.total()),
  failed: 0,
});

export const sumOf = (paid: Run["paid_s"]): number => Object.values(paid).reduce((total, seconds) => total + seconds, 0);
