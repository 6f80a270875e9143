import type { Whole } from "../int64.ts";
import type { Samples } from "./pods.ts";
import {
  averageValueReplicas,
  perReplicaValueReplicas,
  utilizationReplicas,
  valueReplicas,
  type Circumstances,
  type Proposal,
} from "./replica-calculator.ts";
import type { HpaMetric } from "./spec.ts";

/** Where a pass finds its metrics. A string says why there is none. */
export interface MetricSource {
  /** Of a Resource, ContainerResource or Pods metric. */
  readonly samples: (metric: HpaMetric) => Samples | string;
  /** Of an Object metric (one) or an External one (all series). */
  readonly values: (metric: HpaMetric) => readonly Whole[] | string;
}

/** The target whose replicas a pass decides on, as its scale subresource shows it. */
export interface Scale {
  readonly specReplicas: number;
  readonly statusReplicas: number;
}

/** What one metric asks for. */
export const proposalOf = (metric: HpaMetric, scale: Scale, source: MetricSource, circumstances: Circumstances): Proposal => {
  switch (metric.type) {
    case "Resource":
    case "ContainerResource": {
      const samples = source.samples(metric);
      if (typeof samples === "string") return { kind: "failed", because: samples };
      const container = metric.type === "ContainerResource" ? metric.container : null;
      return metric.target.type === "Utilization"
        ? utilizationReplicas(scale.specReplicas, metric.target.averagePercent, samples, metric.resource, circumstances, container)
        : averageValueReplicas(scale.specReplicas, metric.target.averageMilli, samples, circumstances, metric.resource);
    }
    case "Pods": {
      const samples = source.samples(metric);
      if (typeof samples === "string") return { kind: "failed", because: samples };
      return averageValueReplicas(scale.specReplicas, metric.target.averageMilli, samples, circumstances);
    }
    case "Object":
    case "External": {
      const values = source.values(metric);
      if (typeof values === "string") return { kind: "failed", because: values };
      return metric.target.type === "Value"
        ? valueReplicas(scale.specReplicas, metric.target.milli, values, circumstances)
        : perReplicaValueReplicas(
            scale.statusReplicas,
            metric.target.averageMilli,
            values,
            circumstances.tolerance,
            metric.type === "External",
          );
    }
    default:
      return metric satisfies never;
  }
};

/** What all metrics together ask for. */
export type Combined =
  | {
      readonly kind: "replicas";
      readonly replicas: number;
      /** The metric that asked for it, and what it showed. */
      readonly metric: HpaMetric;
      readonly proposal: Extract<Proposal, { kind: "replicas" }>;
      /** The first failure of another metric. */
      readonly error: string | null;
    }
  | { readonly kind: "failed"; readonly metric: HpaMetric; readonly because: string };

/**
 * The highest proposal wins. A metric that fails holds a scale-down back and nothing else; where all fail there is none.
 *
 * @param metrics one at least
 */
export const combineProposals = (
  metrics: readonly HpaMetric[],
  scale: Scale,
  source: MetricSource,
  circumstances: Circumstances,
): Combined => {
  let best: Extract<Combined, { kind: "replicas" }> | null = null;
  let failure: Extract<Combined, { kind: "failed" }> | null = null;
  for (const metric of metrics) {
    const proposal = proposalOf(metric, scale, source, circumstances);
    if (proposal.kind === "failed") failure ??= { kind: "failed", metric, because: proposal.because };
    else if (best === null || best.replicas === 0 || proposal.replicas > best.replicas) {
      best = { kind: "replicas", replicas: proposal.replicas, metric, proposal, error: null };
    }
  }
  if (best === null) return failure ?? { kind: "failed", metric: metrics[0]!, because: "no metric" };
  if (failure !== null && best.replicas < scale.specReplicas) return failure;
  return failure === null ? best : { ...best, error: failure.because };
};
