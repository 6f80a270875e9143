import type { Behavior } from "../../autoscaler/hpa/behavior.ts";
import type { HpaSpec } from "../../autoscaler/hpa/spec.ts";
import type { Policy } from "../../fleet/policy.ts";
import type { Hpa } from "./targets.ts";

/** A scenario's `hpa`, which has no behavior, as Kubernetes has it. */
export const hpaSpecOf = (hpa: Hpa, behavior: Behavior | null = null): HpaSpec => ({
  minReplicas: hpa.min_replicas,
  maxReplicas: hpa.max_replicas,
  metrics: [
    {
      type: "Pods",
      metric: hpa.metric,
      target: { type: "AverageValue", averageMilli: Math.floor(hpa.target_average * 1000 + 0.5) },
    },
  ],
  behavior,
});

/** The same HPA with a behavior, as its manifest would say it. @param name of the behavior, in words */
export const withHpaBehavior = (hpa: Hpa, behavior: Behavior, name: string): Policy => ({
  kind: "manifest",
  name: `HPA on ${hpa.metric}, target ${hpa.target_average} a pod, ${name}`,
  autoscaler: { kind: "hpa", spec: hpaSpecOf(hpa, behavior) },
  initial_replicas: hpa.initial_replicas ?? hpa.min_replicas,
  startsAt: 0,
  ...(hpa.scrape === undefined ? {} : { scrape: hpa.scrape }),
});
