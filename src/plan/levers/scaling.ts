import { limitsOf } from "../../fleet/policy.ts";
import { duration, list, quantity } from "../../format.ts";
import { scaledPhase, typicalSeconds, typicalStart, type ColdStartPhase } from "../../replica/cold-start/phase.ts";
import { withFloorOrNull } from "./policies.ts";
import { noEffect, NOTHING_SCALES, interventionsOf, type LeverContext, type Intervention, type Interventions } from "./intervention.ts";
import { slowerOrNull } from "./slower.ts";

/** Levers on how the fleet scales. */

/** More replicas stand at all times, up to a fleet that never scales. */
export const baseline = ({ policy }: LeverContext): Interventions => {
  if (policy === null) return noEffect("baseline", NOTHING_SCALES);
  const [least] = limitsOf(policy);
  const above =
    withFloorOrNull(policy, least + 1) === null ? "a fleet that never scales" : "a floor above that, up to a fleet that never scales";
  return interventionsOf({ lever: "baseline", from: `${quantity(least, "replica")} at least`, to: above, hasFloors: true });
};

/** Replicas go later, and one by one. */
export const churn = ({ policy }: LeverContext): Interventions => {
  if (policy === null) return noEffect("churn", NOTHING_SCALES);
  const slower = slowerOrNull(policy);
  if (slower === null) return noEffect("churn", "it lets replicas go no faster already, or says by itself when they go");
  return interventionsOf({ lever: "churn", ...slower });
};

/** Of a pool, in replicas: one, and a quarter of the fixed answer. */
const POOL_SHARE = 0.25;

/** Replicas sleep with their weights in host memory, paid for in full. */
export const warmPool = ({ setup, policy, replicas }: LeverContext): Interventions => {
  if (policy === null) return noEffect("warm-pool", NOTHING_SCALES);
  if (setup.startUp?.warmPool != null) return noEffect("warm-pool", "the scenario's own pool is on already");
  if (typicalStart(setup.coldStart) === 0) return noEffect("warm-pool", "a start takes no time");
  const wake = typicalStart(setup.coldStart.filter(({ name }) => name === "weights"));
  if (wake === 0)
    return noEffect("warm-pool", "no phase of the start says how long weights take from host memory, which is what waking takes");
  const prepared = setup.coldStart.filter((phase) => !("probe" in phase)).length;
  const intervention = (size: number): Intervention => ({
    lever: "warm-pool",
    from: "no pool",
    to: `${quantity(size, "replica")} asleep, awake in ${duration(wake)}, paid for in full`,
    setup: (each) => ({
      ...each,
      startUp: { keepNode: 0, ...each.startUp, warmPool: { size, prepared, kind: "asleep", wake, paidShare: 1 } },
    }),
  });
  const most = limitsOf(policy)[1];
  const larger = Math.min(most, Math.ceil(POOL_SHARE * replicas));
  return interventionsOf(intervention(1), ...(larger > 1 ? [intervention(larger)] : []));
};

/** What a faster start takes of each phase behind the node's. */
const FASTER = 0.5;

/** A node is there no sooner, and a probe looks no more often. */
const isFaster = (phase: ColdStartPhase): boolean => !("probe" in phase) && phase.name !== "provision" && phase.name !== "scheduling";

const faster = (phase: ColdStartPhase): ColdStartPhase => (isFaster(phase) ? scaledPhase(phase, FASTER) : phase);

/** Image, weights and what follows in half the time, as a node with both on its disk, a streaming loader and a compile cache make it. */
export const fasterLoad = ({ setup, policy }: LeverContext): Interventions => {
  if (policy === null) return noEffect("faster-load", NOTHING_SCALES);
  const { coldStart } = setup;
  const halved = coldStart.map(faster);
  const [before, after] = [typicalStart(coldStart), typicalStart(halved)];
  const names = coldStart.filter((phase) => isFaster(phase) && typicalSeconds(phase) > 0).map(({ name }) => name);
  if (before === 0) return noEffect("faster-load", "a start takes no time");
  if (names.length === 0) return noEffect("faster-load", "nothing of a start comes after its node is there");
  if (after === before) return noEffect("faster-load", `the readiness probe decides: a start takes ${duration(before)} either way`);
  return interventionsOf({
    lever: "faster-load",
    from: `a start takes ${duration(before)}`,
    to: `${duration(after)}: ${list(names)} in half the time`,
    setup: (each) => ({ ...each, coldStart: halved }),
  });
};
