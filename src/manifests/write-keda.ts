import { KEDA_DEFAULTS, type KedaSpec, type Trigger } from "../autoscaler/keda/spec.ts";
import { InputError } from "../errors.ts";
import { commentedYaml, type Reasons } from "./commented.ts";
import { metadataOf, withReasons, type Identity } from "./identity.ts";
import { behaviorReasons, behaviorValue } from "./write-behavior.ts";

/**
 * A KEDA ScaledObject with a comment at each value. What is KEDA's own default is left out.
 *
 * @param serverAddress where Prometheus answers
 * @throws InputError where a cron trigger's offset is no whole hour
 */
export const writeScaledObject = (spec: KedaSpec, identity: Identity, serverAddress: string, why: Reasons = {}): string => {
  const unlessDefault = (key: keyof typeof KEDA_DEFAULTS): object => (spec[key] === KEDA_DEFAULTS[key] ? {} : { [key]: spec[key] });
  const isPaused = spec.paused !== null;
  const paused = spec.paused?.replicas ?? null;
  const annotations = paused === null ? { "autoscaling.keda.sh/paused": "true" } : { "autoscaling.keda.sh/paused-replicas": `${paused}` };
  const value = {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { ...metadataOf(identity), ...(isPaused ? { annotations } : {}) },
    spec: {
      scaleTargetRef: { ...identity.target },
      pollingInterval: spec.pollingInterval,
      cooldownPeriod: spec.cooldownPeriod,
      ...unlessDefault("initialCooldownPeriod"),
      ...unlessDefault("idleReplicaCount"),
      minReplicaCount: spec.minReplicaCount,
      maxReplicaCount: spec.maxReplicaCount,
      ...unlessDefault("fallback"),
      ...(spec.behavior === null ? {} : { advanced: { horizontalPodAutoscalerConfig: { behavior: behaviorValue(spec.behavior) } } }),
      triggers: spec.triggers.map((trigger, i) => triggerValue(trigger, serverAddress, `triggers[${i}]`)),
    },
  };
  const reasons = {
    "spec.pollingInterval": "seconds between looks at the triggers while there are none, or only idle replicas",
    "spec.cooldownPeriod": "seconds without activity before the last ones go",
    ...(spec.idleReplicaCount === null ? {} : { "spec.idleReplicaCount": "kept while no trigger is active" }),
    "spec.minReplicaCount":
      spec.minReplicaCount === 0
        ? "none without load: the next request waits for a cold start"
        : "kept at any load: what absorbs a burst until others have started",
    "spec.maxReplicaCount": "the most that is paid for",
    ...(spec.fallback === null ? {} : { "spec.fallback.replicas": "wanted while Prometheus does not answer" }),
    ...(spec.behavior === null ? {} : behaviorReasons(spec.behavior, "spec.advanced.horizontalPodAutoscalerConfig.behavior")),
    ...Object.assign({}, ...spec.triggers.map(triggerReasons)),
  };
  return commentedYaml(value, withReasons(reasons, why));
};

const triggerValue = (trigger: Trigger, serverAddress: string, place: string): object => {
  if (trigger.type === "cron") {
    const { start, end, desiredReplicas } = trigger;
    return {
      type: trigger.type,
      metadata: { timezone: zoneOf(start.utcOffset, place), start: start.text, end: end.text, desiredReplicas: `${desiredReplicas}` },
    };
  }
  return {
    type: trigger.type,
    ...(trigger.metricType === "AverageValue" ? {} : { metricType: trigger.metricType }),
    metadata: {
      serverAddress,
      query: trigger.query,
      threshold: `${trigger.threshold}`,
      ...(trigger.activationThreshold === 0 ? {} : { activationThreshold: `${trigger.activationThreshold}` }),
      ...(trigger.ignoreNullValues ? {} : { ignoreNullValues: "false" }),
    },
  };
};

const triggerReasons = (trigger: Trigger, index: number): Reasons => {
  const at = `spec.triggers.${index}.metadata`;
  if (trigger.type === "cron") return { [`${at}.desiredReplicas`]: "at least so many between start and end" };
  return {
    [`${at}.threshold`]: trigger.metricType === "Value" ? "for the whole fleet" : "of the query's value, a share for each replica",
    ...(trigger.activationThreshold === 0 ? {} : { [`${at}.activationThreshold`]: "above it the first replica is started" }),
    ...(trigger.ignoreNullValues ? {} : { [`${at}.ignoreNullValues`]: "no answer is a failure, not 0" }),
  };
};

const zoneOf = (offset: number, place: string): string => {
  const hours = offset / 3600;
  if (!Number.isInteger(hours))
    throw new InputError(
      place,
      `expected a UTC offset of whole hours, got ${offset} s`,
      "No zone of a fixed offset has another: write the times for UTC.",
    );
  return hours === 0 ? "Etc/UTC" : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
};
