import { expect } from "vitest";
import {
  changeWithin,
  limitRate,
  policyLimit,
  recordChange,
  scaleDownRules,
  scaleUpRules,
  stabiliseBothWays,
  type Behavior,
  type ScaleChange,
  type ScalingRules,
} from "../../../src/autoscaler/hpa/behavior.ts";
import { limit, stabilise } from "../../../src/autoscaler/hpa/normalise.ts";
import type { Pod, Samples } from "../../../src/autoscaler/hpa/pods.ts";
import type { MetricSource } from "../../../src/autoscaler/hpa/proposals.ts";
import { DEFAULT_CONTROLLER, newHpaState, reconcile } from "../../../src/autoscaler/hpa/reconcile.ts";
import type { HpaMetric } from "../../../src/autoscaler/hpa/spec.ts";
import { expectFields, NOW, whole, type Case } from "./case.ts";

interface RecommendationInput {
  readonly replicas: number;
  readonly ageSeconds: number;
}
interface EventInput {
  readonly change: number;
  readonly ageSeconds: number;
}
type Rules = (ScalingRules & { readonly [field: string]: unknown }) | null;

const logOf = (recommendations: readonly RecommendationInput[]): { replicas: number; at: number }[] =>
  recommendations.map(({ replicas, ageSeconds }) => ({ replicas, at: NOW - ageSeconds }));
const changesOf = (events: readonly EventInput[]): ScaleChange[] =>
  events.map(({ change, ageSeconds }) => ({ change, at: NOW - ageSeconds, isOutdated: false }));

/** Fields that are null are not set. */
const written = (rules: Rules | undefined): ScalingRules =>
  Object.fromEntries(Object.entries(rules ?? {}).filter(([, value]) => value !== null));

export const behaviorCases: Readonly<Record<string, (entry: Case) => void>> = {
  convertWithRules(entry) {
    const { desiredReplicas, currentReplicas, minReplicas, maxReplicas } = entry as unknown as Record<string, number>;
    expectFields(entry.expected ?? {}, limit(desiredReplicas!, currentReplicas!, minReplicas!, maxReplicas!));
  },
  stabilizeNoBehavior(entry) {
    const { desiredReplicas, downscaleStabilizationWindowSeconds, recommendations } = entry as unknown as {
      readonly desiredReplicas: number;
      readonly downscaleStabilizationWindowSeconds: number;
      readonly recommendations: readonly RecommendationInput[];
    };
    const log = logOf(recommendations);
    const replicas = stabilise(desiredReplicas, log, NOW, downscaleStabilizationWindowSeconds);
    expectFields(entry.expected ?? {}, { replicas, recommendationCountAfter: log.length });
  },
  scaleLimit(entry) {
    const { direction, currentReplicas, scaleUpEvents, scaleDownEvents, rules } = entry as unknown as {
      readonly direction: "up" | "down";
      readonly currentReplicas: number;
      readonly scaleUpEvents: readonly EventInput[];
      readonly scaleDownEvents: readonly EventInput[];
      readonly rules: Rules;
    };
    const changes = { up: changesOf(scaleUpEvents), down: changesOf(scaleDownEvents) };
    const resolved = direction === "up" ? scaleUpRules(written(rules)) : scaleDownRules(written(rules));
    expectFields(entry.expected ?? {}, { limit: policyLimit(direction, currentReplicas, changes, resolved, NOW) });
  },
  behaviorRate(entry) {
    const input = entry as unknown as {
      readonly minReplicas: number;
      readonly maxReplicas: number;
      readonly currentReplicas: number;
      readonly desiredReplicas: number;
      readonly scaleUpRules: Rules;
      readonly scaleDownRules: Rules;
      readonly scaleUpEvents: readonly EventInput[];
      readonly scaleDownEvents: readonly EventInput[];
    };
    const limited = limitRate(
      input.desiredReplicas,
      input.currentReplicas,
      [input.minReplicas, input.maxReplicas],
      { up: changesOf(input.scaleUpEvents), down: changesOf(input.scaleDownEvents) },
      scaleUpRules(written(input.scaleUpRules)),
      scaleDownRules(written(input.scaleDownRules)),
      NOW,
    );
    expectFields(entry.expected ?? {}, limited);
  },
  storeScaleEvent(entry) {
    const { direction, previousReplicas, newReplicas, events, rules, expected } = entry as unknown as {
      readonly direction: "up" | "down";
      readonly previousReplicas: number;
      readonly newReplicas: number;
      readonly events: readonly EventInput[];
      readonly rules: Rules;
      readonly expected: { readonly eventsAfter: readonly unknown[] };
    };
    const changes = changesOf(events);
    const changeInLast60sBefore = changeWithin(changes, 60, NOW);
    // Without `behavior` nothing is stored: `reconcile` is what knows.
    if (rules !== null) {
      const resolved = direction === "up" ? scaleUpRules(written(rules)) : scaleDownRules(written(rules));
      recordChange(changes, Math.abs(newReplicas - previousReplicas), resolved, NOW);
    }
    const eventsAfter = changes.map(({ change, isOutdated }) => ({ change, outdated: isOutdated }));
    expectFields(expected, { changeInLast60sBefore, eventsAfter });
  },
  stabilizeWithBehavior(entry) {
    const input = entry as unknown as {
      readonly recommendations: readonly RecommendationInput[];
      readonly currentReplicas: number;
      readonly desiredReplicas: number;
      readonly scaleUpStabilizationWindowSeconds: number;
      readonly scaleDownStabilizationWindowSeconds: number;
      readonly expected: { readonly replicas: number; readonly recommendationsAfter: readonly number[] | null };
    };
    const log = logOf(input.recommendations);
    const { recommendationsAfter, ...expected } = input.expected;
    const replicas = stabiliseBothWays(
      input.desiredReplicas,
      input.currentReplicas,
      log,
      input.scaleUpStabilizationWindowSeconds,
      input.scaleDownStabilizationWindowSeconds,
      NOW,
    );
    expectFields(expected, { replicas });
    if (recommendationsAfter !== null) expect(log.map((recommendation) => recommendation.replicas)).toEqual(recommendationsAfter);
  },
  reconcile: reconcileCase,
};

interface MetricInput {
  readonly type: HpaMetric["type"];
  readonly resource?: string;
  readonly container?: string;
  readonly averageUtilizationPercent?: number;
  readonly averageValueMilli?: number | string;
  readonly valueMilli?: number | string;
  readonly podUsageMilli?: readonly number[] | null;
  readonly podValuesMilli?: readonly number[] | null;
  readonly currentMilli?: number | string | readonly (number | string)[] | null;
}

function reconcileCase(entry: Case): void {
  const input = entry as unknown as {
    readonly minReplicas: number | null;
    readonly maxReplicas: number;
    readonly specReplicas: number;
    readonly statusReplicas: number;
    readonly podRequestsMilli: readonly number[];
    readonly metrics: readonly MetricInput[];
    readonly behavior: { readonly scaleUp?: Rules; readonly scaleDown?: Rules } | null;
    readonly configurableToleranceEnabled?: boolean;
    readonly scaledToZero?: boolean;
    readonly seedInitialRecommendation: boolean;
  };
  const count = input.podRequestsMilli.length > 0 ? input.podRequestsMilli.length : input.statusReplicas;
  const pods = Array.from({ length: count }, (_, i): Pod => {
    const name = `pod-${i}`;
    const requestMilli = input.podRequestsMilli[i] ?? null;
    const longAgo = { readyChangedAt: NOW - 1e9, startedAt: NOW - 1e9 };
    return {
      name,
      phase: "Running",
      isDeleting: false,
      isReady: true,
      ...longAgo,
      requests: { name, containers: [{ name: "main", requestMilli }] },
    };
  });
  const metrics = new Map(input.metrics.map((metric, i) => [metricOf(metric, i), metric]));
  const source: MetricSource = {
    samples(metric): Samples | string {
      const { podUsageMilli, podValuesMilli } = metrics.get(metric)!;
      const values = podUsageMilli ?? podValuesMilli ?? null;
      if (values === null || values.length === 0) return "no metrics returned from resource metrics API";
      return new Map(values.map((milli, i) => [`pod-${i}`, { milli, at: NOW, window: 60 }]));
    },
    values(metric) {
      const { currentMilli = null } = metrics.get(metric)!;
      if (currentMilli === null) return "no metrics returned from the metrics API";
      return (Array.isArray(currentMilli) ? currentMilli : [currentMilli]).map(whole);
    },
  };
  const behavior: Behavior | null =
    input.behavior === null ? null : { scaleUp: written(input.behavior.scaleUp), scaleDown: written(input.behavior.scaleDown) };
  const spec = { minReplicas: input.minReplicas ?? 1, maxReplicas: input.maxReplicas, metrics: [...metrics.keys()], behavior };
  const state = {
    ...newHpaState(),
    recommendations: input.seedInitialRecommendation ? null : [],
    isScaledToZero: input.scaledToZero ?? false,
  };
  const pass = reconcile(spec, state, input, pods, source, NOW, {
    ...DEFAULT_CONTROLLER,
    hasConfigurableTolerance: input.configurableToleranceEnabled ?? true,
  });
  expectFields(entry.expected ?? {}, {
    replicas: pass.replicas,
    scaleUpdated: pass.isRescaled,
    error: pass.error !== null,
    scalingActiveReason: pass.conditions.scalingActive,
    scalingLimitedReason: pass.conditions.scalingLimited,
    ableToScaleReason: pass.conditions.ableToScale,
  });
}

const metricOf = (metric: MetricInput, index: number): HpaMetric => {
  const { type, resource = "cpu", container = "main", averageUtilizationPercent, averageValueMilli, valueMilli } = metric;
  const average = { type: "AverageValue", averageMilli: whole(averageValueMilli ?? 0) } as const;
  const perPod =
    averageUtilizationPercent === undefined ? average : ({ type: "Utilization", averagePercent: averageUtilizationPercent } as const);
  const total = averageValueMilli === undefined ? ({ type: "Value", milli: whole(valueMilli ?? 0) } as const) : average;
  switch (type) {
    case "Resource":
      return { type, resource, target: perPod };
    case "ContainerResource":
      return { type, resource, container, target: perPod };
    case "Pods":
      return { type, metric: `metric-${index}`, target: average };
    case "Object":
    case "External":
      return { type, metric: `metric-${index}`, target: total };
    default:
      throw new Error(`unknown metric type ${JSON.stringify(type)}`);
  }
};
