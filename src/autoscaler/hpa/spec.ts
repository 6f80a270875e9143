import type { Whole } from "../int64.ts";
import type { Behavior } from "./behavior.ts";

/** What a HorizontalPodAutoscaler (autoscaling/v2) asks for, all values in milli-units. */

export type UtilizationTarget = { readonly type: "Utilization"; readonly averagePercent: number };
export type AverageValueTarget = { readonly type: "AverageValue"; readonly averageMilli: Whole };
export type ValueTarget = { readonly type: "Value"; readonly milli: Whole };

export type HpaMetric =
  | { readonly type: "Resource"; readonly resource: string; readonly target: UtilizationTarget | AverageValueTarget }
  | {
      readonly type: "ContainerResource";
      readonly resource: string;
      readonly container: string;
      readonly target: UtilizationTarget | AverageValueTarget;
    }
  | { readonly type: "Pods"; readonly metric: string; readonly target: AverageValueTarget }
  | { readonly type: "Object"; readonly metric: string; readonly target: ValueTarget | AverageValueTarget }
  | { readonly type: "External"; readonly metric: string; readonly target: ValueTarget | AverageValueTarget };

export interface HpaSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly HpaMetric[];
  /** Null: none is written, which is not the same as one with all its defaults. */
  readonly behavior: Behavior | null;
}

/** What people call a metric. */
export const metricName = (metric: HpaMetric): string => ("metric" in metric ? metric.metric : metric.resource);
