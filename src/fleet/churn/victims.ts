import type { Replica } from "../../replica/replica.ts";
import type { Victim } from "./settings.ts";

/**
 * Replicas in the order in which they go: those that have no node yet, then those that are not ready, as a ReplicaSet has it; of the ready
 * ones those that the setting names, of equals the one that became ready last and then the one created last. Those that are lost for good
 * go last, so that of any number wanted as many are missing.
 *
 * A ReplicaSet looks at the annotation `controller.kubernetes.io/pod-deletion-cost` between readiness and its time: that is where a
 * controller would put the load, the cache or the age of a replica for the settings other than `kubernetes`.
 */
export const inOrderOfGoing = (replicas: Iterable<Replica>, victim: Victim): Replica[] =>
  [...replicas].sort((a, b) => stageOf(a) - stageOf(b) || costOf(a, victim) - costOf(b, victim) || latestReady(a, b));

const stageOf = ({ life }: Replica): number => (life.isLost ? 3 : life.isReady ? 2 : life.state === "provisioning" ? 0 : 1);

const latestReady = (a: Replica, b: Replica): number => (b.life.readyAt ?? 0) - (a.life.readyAt ?? 0) || b.id - a.id;

const costOf = (replica: Replica, victim: Victim): number => {
  if (!replica.life.isReady) return 0;
  switch (victim) {
    case "kubernetes":
      return 0;
    case "newest":
      return -replica.id;
    case "oldest":
      return replica.id;
    case "least-loaded":
      return replica.outstanding;
    case "least-cached":
      return replica.scheduler.kv.cachedBlocks;
    default:
      return victim satisfies never;
  }
};
