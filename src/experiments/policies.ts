import type { Observation } from "../autoscaler/autoscaler.ts";
import type { Behavior } from "../autoscaler/hpa/behavior.ts";
import { KEDA_DEFAULTS } from "../autoscaler/keda/spec.ts";
import type { Policy } from "../fleet/policy.ts";
import type { Seconds } from "../units.ts";
import type { Lab } from "./lab.ts";

/** Policies that several experiments use, with targets that suit the device. */

export const fixed = (replicas: number): Policy => ({ kind: "fixed", replicas });

export interface HpaOptions {
  readonly min: number;
  readonly max: number;
  /** Ready at time 0; the minimum by default. */
  readonly initial?: number;
  /** Requests in flight that a replica is aimed at, as those it holds at this share of the rate it sustains. */
  readonly share?: number;
  /** `spec.behavior`; Kubernetes' defaults where it is left out. */
  readonly behavior?: Behavior;
}

/**
 * Changes made at given times, multiples of 15 s. Given the decisions of another run with the same cold starts and seed, its replicas come and
 * go as those did.
 */
export const scripted = (initial: number, changes: readonly { readonly at_s: Seconds; readonly replicas: number }[]): Policy => ({
  kind: "module",
  name: "script",
  sha256: "",
  module: {
    period_s: 15,
    decide: ({ now, current }: Observation) => changes.findLast(({ at_s }) => at_s <= now)?.replicas ?? current,
  },
  initial_replicas: initial,
});

/** How full the target of an autoscaler wants a replica, where an experiment does not say. */
export const TARGET_SHARE = 0.8;

/** A Kubernetes HPA on requests in flight per pod. */
export const hpa = (lab: Lab, { min, max, initial = min, share = TARGET_SHARE, behavior }: HpaOptions): Policy => ({
  kind: "manifest",
  name: "HPA on requests in flight",
  autoscaler: {
    kind: "hpa",
    spec: {
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: "Pods",
          metric: "requests_in_flight",
          target: { type: "AverageValue", averageMilli: Math.floor(lab.inFlight(share) * 1000 + 0.5) },
        },
      ],
      behavior: behavior ?? null,
    },
  },
  initial_replicas: initial,
  startsAt: 0,
});

export interface KedaOptions extends HpaOptions {
  /** Seconds between looks at the trigger. */
  readonly pollingInterval?: Seconds;
  /** Without requests for so long it goes to the minimum; KEDA's default where it is left out. */
  readonly cooldownPeriod?: Seconds;
}

/** What runs and waits at the servers; at none of them, what waits in front of the fleet. */
const KEDA_QUERIES = ["sum(vllm:num_requests_running)", "sum(vllm:num_requests_waiting)", "requests_queued"];

/** A KEDA ScaledObject on what waits and runs, per replica; one that goes to zero also counts what waits in front of the fleet. */
export const keda = (
  lab: Lab,
  {
    min,
    max,
    initial = min,
    share = TARGET_SHARE,
    behavior,
    pollingInterval = KEDA_DEFAULTS.pollingInterval,
    cooldownPeriod = KEDA_DEFAULTS.cooldownPeriod,
  }: KedaOptions,
): Policy => ({
  kind: "manifest",
  name: "ScaledObject on requests running and waiting",
  autoscaler: {
    kind: "keda",
    spec: {
      ...KEDA_DEFAULTS,
      pollingInterval,
      cooldownPeriod,
      minReplicaCount: min,
      maxReplicaCount: max,
      triggers: KEDA_QUERIES.slice(0, min === 0 ? 3 : 2).map((query) => ({
        type: "prometheus",
        query,
        threshold: lab.inFlight(share),
        activationThreshold: 0,
        metricType: "AverageValue",
        ignoreNullValues: true,
      })),
      behavior: behavior ?? null,
    },
  },
  initial_replicas: initial,
  startsAt: 0,
});
