import type { Meters } from "../replica/meters.ts";
import { toSeconds } from "../units.ts";
import type { FleetConfig } from "./config.ts";
import type { Run } from "./run.ts";

/** GPU time paid for so far, by state, all GPUs of all replicas. A pool that stands by costs its share; a node that is kept costs all, one whose server has failed as the failures say. */
export const paidSoFar = (
  meters: Meters,
  { startUp, churn, gpusPerReplica = 1 }: Pick<FleetConfig, "startUp" | "churn" | "gpusPerReplica">,
): Run["paid_s"] => {
  const of = ({ provisioning, loading, warming, busy, idle, asleep, failed, keptNodes }: Meters) => ({
    provisioning: provisioning.total(),
    loading: loading.total(),
    warming: warming.total(),
    busy: busy.total(),
    idle: idle.total(),
    asleep: keptNodes.total() + (startUp?.warmPool?.paidShare ?? 1) * asleep.total(),
    failed: (churn?.failures?.replica?.is_paid ?? true) ? failed.total() : 0,
  });
  return Object.fromEntries(Object.entries(of(meters)).map(([state, time]) => [state, gpusPerReplica * toSeconds(time)])) as Run["paid_s"];
};

export const sumOf = (paid: Run["paid_s"]): number => Object.values(paid).reduce((total, seconds) => total + seconds, 0);
