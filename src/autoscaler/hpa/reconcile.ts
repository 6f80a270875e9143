import type { Seconds } from "../../units.ts";
import {
  limitRate,
  recordChange,
  scaleDownRules,
  scaleUpRules,
  stabiliseBothWays,
  toleranceOf,
  type RateReason,
  type ScaleChange,
} from "./behavior.ts";
import { DOWNSCALE_STABILIZATION, limit, stabilise, type Recommendation } from "./normalise.ts";
import { DEFAULT_READINESS, type Pod, type ReadinessRules } from "./pods.ts";
import { combineProposals, type Combined, type MetricSource, type Scale } from "./proposals.ts";
import { DEFAULT_TOLERANCE, type Tolerance } from "./replica-calculator.ts";
import type { HpaMetric, HpaSpec } from "./spec.ts";

/** Settings of the controller, by its command line; the same for every HPA of a cluster. */
export interface ControllerSettings {
  readonly downscaleStabilization: Seconds;
  readonly tolerance: Tolerance;
  readonly readiness: ReadinessRules;
  /** Feature HPAConfigurableTolerance: `behavior` may give a tolerance. */
  readonly hasConfigurableTolerance: boolean;
  /** Feature HPAScaleToZero: minReplicas may be 0, and a target that the HPA itself brought to 0 is brought back. */
  readonly hasScaleToZero: boolean;
}
export const DEFAULT_CONTROLLER: ControllerSettings = {
  downscaleStabilization: DOWNSCALE_STABILIZATION,
  tolerance: DEFAULT_TOLERANCE,
  readiness: DEFAULT_READINESS,
  hasConfigurableTolerance: true,
  hasScaleToZero: true,
};

/** What the controller remembers of one HPA from pass to pass. */
export interface HpaState {
  /** Null before the first pass, which records the replicas it finds. */
  recommendations: Recommendation[] | null;
  readonly ups: ScaleChange[];
  readonly downs: ScaleChange[];
  /** The HPA's last change brought its target to 0. */
  isScaledToZero: boolean;
}
export const newHpaState = (): HpaState => ({ recommendations: null, ups: [], downs: [], isScaledToZero: false });

/** The status conditions' reasons, in Kubernetes' own words; null where a pass leaves one as it was. */
export interface Conditions {
  readonly scalingActive: string | null;
  readonly ableToScale: string;
  readonly scalingLimited: RateReason | null;
}

export interface Pass {
  /** `spec.replicas` after the pass. */
  readonly replicas: number;
  readonly isRescaled: boolean;
  /** A failed pass leaves everything as it was; one with an error may still have scaled up. */
  readonly error: string | null;
  readonly conditions: Conditions;
  /** What the metrics asked for, before it was stabilized and limited; null where they were not asked. */
  readonly metrics: Combined | null;
  /** That, stabilized. */
  readonly stabilized: number | null;
}

/**
 * One pass of the HPA's controller over one HPA (kubernetes, pkg/controller/podautoscaler/horizontal.go).
 *
 * @param state changed in place
 */
export const reconcile = (
  spec: HpaSpec,
  state: HpaState,
  scale: Scale,
  pods: readonly Pod[],
  source: MetricSource,
  now: Seconds,
  controller: ControllerSettings = DEFAULT_CONTROLLER,
): Pass => {
  const { minReplicas: min, maxReplicas: max, behavior } = spec;
  const current = scale.specReplicas;
  state.recommendations ??= [{ replicas: current, at: now }];
  const hasTotals = spec.metrics.some(({ type }) => type === "Object" || type === "External");

  const rescale = (desired: number, parts: Pick<Pass, "error" | "metrics" | "stabilized"> & { conditions: Conditions }): Pass => {
    if (desired === current) return { ...parts, replicas: current, isRescaled: false };
    remember(spec, state, current, desired, now, controller);
    state.isScaledToZero = controller.hasScaleToZero && current > 0 && desired === 0 && min === 0 && hasTotals;
    return { ...parts, replicas: desired, isRescaled: true, conditions: { ...parts.conditions, ableToScale: "SucceededRescale" } };
  };
  const untouched = { error: null, metrics: null, stabilized: null };
  const able: Conditions = { scalingActive: null, ableToScale: "SucceededGetScale", scalingLimited: null };

  const comesFromZero = current === 0 && state.isScaledToZero;
  if (current === 0 && !(comesFromZero && (min !== 0 || hasTotals))) {
    return rescale(current, { ...untouched, conditions: { ...able, scalingActive: "ScalingDisabled" } });
  }
  if (current > max) return rescale(max, { ...untouched, conditions: able });
  if (current !== 0 && current < min) return rescale(min, { ...untouched, conditions: able });

  const tolerance = controller.hasConfigurableTolerance ? toleranceOf(behavior, controller.tolerance) : controller.tolerance;
  const metrics = combineProposals(spec.metrics, scale, source, { pods, now, tolerance, readiness: controller.readiness });
  if (metrics.kind === "failed") {
    const conditions = { ...able, scalingActive: failureReason(metrics.metric) };
    return { replicas: current, isRescaled: false, error: metrics.because, conditions, metrics, stabilized: null };
  }
  const wish = Math.max(0, metrics.replicas);
  const { stabilized, limited } = normalise(spec, state, state.recommendations, current, wish, now, controller);
  const held = wish >= current ? "ScaleUpStabilized" : "ScaleDownStabilized";
  return rescale(comesFromZero ? Math.max(limited.replicas, min) : limited.replicas, {
    error: metrics.error,
    metrics,
    stabilized,
    conditions: {
      scalingActive: "ValidMetricFound",
      ableToScale: stabilized === wish ? "ReadyForNewScale" : behavior === null ? "ScaleDownStabilized" : held,
      scalingLimited: limited.reason,
    },
  });
};

const normalise = (
  { minReplicas: min, maxReplicas: max, behavior }: HpaSpec,
  state: HpaState,
  log: Recommendation[],
  current: number,
  wish: number,
  now: Seconds,
  controller: ControllerSettings,
): { stabilized: number; limited: { replicas: number; reason: RateReason } } => {
  if (behavior === null) {
    const stabilized = stabilise(wish, log, now, controller.downscaleStabilization);
    return { stabilized, limited: limit(stabilized, current, min, max) };
  }
  const up = scaleUpRules(behavior.scaleUp);
  const down = scaleDownRules(behavior.scaleDown, controller.downscaleStabilization);
  const stabilized = stabiliseBothWays(wish, current, log, up.stabilizationWindowSeconds, down.stabilizationWindowSeconds, now);
  const changes = { up: state.ups, down: state.downs };
  return { stabilized, limited: limitRate(stabilized, current, [min, max], changes, up, down, now) };
};

/** Changes are kept only where `behavior` is written: without it they limit nothing. */
const remember = ({ behavior }: HpaSpec, state: HpaState, from: number, to: number, now: Seconds, controller: ControllerSettings): void => {
  if (behavior === null) return;
  if (to > from) recordChange(state.ups, to - from, scaleUpRules(behavior.scaleUp), now);
  else recordChange(state.downs, from - to, scaleDownRules(behavior.scaleDown, controller.downscaleStabilization), now);
};

const failureReason = ({ type }: HpaMetric): string => (type === "Pods" ? "FailedGetPodsMetric" : `FailedGet${type}Metric`);
