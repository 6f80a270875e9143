import { z } from "zod";
import { KEDA_DEFAULTS, type KedaSpec, type Trigger } from "../autoscaler/keda/spec.ts";
import { isAggregate, parseQuery } from "../autoscaler/query.ts";
import { parseCron, utcOffsetOrNull } from "../autoscaler/simple/cron.ts";
import { InputError } from "../errors.ts";
import { behaviorSchema } from "./behavior-schema.ts";
import type { KubernetesObject } from "./documents.ts";
import type { ScaleTarget } from "./scale-target.ts";
import { readWith } from "./schema-error.ts";

const count = z.int().min(0);

const triggerSchema = z.strictObject({
  type: z.string(),
  name: z.string().optional(),
  metadata: z.record(z.string(), z.string()),
  metricType: z.enum(["AverageValue", "Value", "Utilization"]).optional(),
  authenticationRef: z.unknown().optional(),
  useCachedMetrics: z.boolean().optional(),
});

/** A ScaledObject of keda.sh/v1alpha1, as far as it is read. */
export const scaledObjectSchema = z.strictObject({
  apiVersion: z.literal("keda.sh/v1alpha1"),
  kind: z.literal("ScaledObject"),
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({
      name: z.string(),
      kind: z.string().optional(),
      apiVersion: z.string().optional(),
      envSourceContainerName: z.string().optional(),
    }),
    pollingInterval: z.int().min(1).optional(),
    cooldownPeriod: count.optional(),
    initialCooldownPeriod: count.optional(),
    idleReplicaCount: count.optional(),
    minReplicaCount: count.optional(),
    maxReplicaCount: z.int().min(1).optional(),
    fallback: z
      .strictObject({
        failureThreshold: count,
        replicas: count,
        behavior: z.enum(["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]).default("static"),
      })
      .optional(),
    advanced: z
      .strictObject({
        restoreToOriginalReplicaCount: z.boolean().optional(),
        horizontalPodAutoscalerConfig: z.strictObject({ name: z.string().optional(), behavior: behaviorSchema.nullish() }).optional(),
        scalingModifiers: z.unknown().optional(),
      })
      .optional(),
    triggers: z.array(triggerSchema).min(1),
  }),
  status: z.unknown().optional(),
});

export interface KedaManifest {
  readonly kind: "keda";
  readonly name: string;
  readonly target: ScaleTarget;
  readonly spec: KedaSpec;
  /** Where its prometheus triggers ask. */
  readonly serverAddress: string | null;
}

const NEXT_STEP = "See https://keda.sh/docs/latest/reference/scaledobject-spec/.";

/**
 * Reads a ScaledObject.
 *
 * @throws InputError where it breaks a rule of KEDA's, uses what is not modelled, or follows a metric that no server exports
 */
export const readScaledObject = ({ value, place }: KubernetesObject): KedaManifest => {
  const { metadata, spec } = readWith(scaledObjectSchema, value, place, NEXT_STEP);
  if (spec.advanced?.scalingModifiers !== undefined) {
    throw new InputError(
      `${place}: spec.advanced.scalingModifiers`,
      "expected none: a formula over several triggers is not modelled",
      "Leave it out, and let each trigger have its own target: the highest wins.",
    );
  }
  const { idleReplicaCount = null, minReplicaCount = 0, maxReplicaCount = KEDA_DEFAULTS.maxReplicaCount } = spec;
  if (minReplicaCount > maxReplicaCount) {
    throw new InputError(
      `${place}: spec.minReplicaCount`,
      `expected at most maxReplicaCount, ${maxReplicaCount}, got ${minReplicaCount}`,
      "Swap the two, or raise maxReplicaCount.",
    );
  }
  if (idleReplicaCount !== null && idleReplicaCount >= minReplicaCount) {
    throw new InputError(
      `${place}: spec.idleReplicaCount`,
      `expected less than minReplicaCount, ${minReplicaCount}, got ${idleReplicaCount}`,
      "Raise minReplicaCount, or leave idleReplicaCount out.",
    );
  }
  const triggers = spec.triggers.map((trigger, i) => readTrigger(trigger, `${place}: spec.triggers.${i}`));
  const addresses = spec.triggers.flatMap(({ metadata: { serverAddress } }) => (serverAddress === undefined ? [] : [serverAddress]));
  return {
    kind: "keda",
    name: metadata.name,
    target: { kind: spec.scaleTargetRef.kind ?? "Deployment", name: spec.scaleTargetRef.name },
    serverAddress: addresses[0] ?? null,
    spec: {
      pollingInterval: spec.pollingInterval ?? KEDA_DEFAULTS.pollingInterval,
      cooldownPeriod: spec.cooldownPeriod ?? KEDA_DEFAULTS.cooldownPeriod,
      initialCooldownPeriod: spec.initialCooldownPeriod ?? KEDA_DEFAULTS.initialCooldownPeriod,
      idleReplicaCount,
      minReplicaCount,
      maxReplicaCount,
      triggers,
      fallback: spec.fallback ?? null,
      behavior: spec.advanced?.horizontalPodAutoscalerConfig?.behavior ?? null,
      paused: pausedBy(metadata.annotations ?? {}, `${place}: metadata.annotations`),
    },
  };
};

type TriggerInput = z.infer<typeof triggerSchema>;

const readTrigger = (trigger: TriggerInput, place: string): Trigger => {
  switch (trigger.type) {
    case "prometheus":
      return prometheusTrigger(trigger, place);
    case "cron":
      return cronTrigger(trigger, place);
    default:
      throw new InputError(
        `${place}.type`,
        `expected prometheus or cron, got ${trigger.type}`,
        "Nothing in a simulated fleet exports what another trigger follows: ask Prometheus for a metric of the servers.",
      );
  }
};

const prometheusTrigger = ({ metadata, metricType = "AverageValue" }: TriggerInput, place: string): Trigger => {
  if (metricType === "Utilization") {
    throw new InputError(
      `${place}.metricType`,
      "expected AverageValue or Value, got Utilization",
      "KEDA takes Utilization for cpu and memory alone.",
    );
  }
  const query = required(metadata, "query", place);
  if (!isAggregate(query)) {
    // A mistake of the metric's name is the more useful thing to say.
    parseQuery(query, `${place}.metadata.query`);
    throw new InputError(
      `${place}.metadata.query`,
      `expected one value for the fleet, got ${JSON.stringify(query)}, which has one for each server and fails from two on`,
      `Write sum(${query}), or avg.`,
    );
  }
  parseQuery(query, `${place}.metadata.query`);
  const threshold = numberOf(required(metadata, "threshold", place), `${place}.metadata.threshold`);
  if (!(threshold > 0))
    throw new InputError(
      `${place}.metadata.threshold`,
      `expected a number above 0, got ${threshold}`,
      "Give what one replica is to have of it.",
    );
  return {
    type: "prometheus",
    query,
    threshold,
    activationThreshold:
      metadata["activationThreshold"] === undefined
        ? 0
        : numberOf(metadata["activationThreshold"], `${place}.metadata.activationThreshold`),
    metricType,
    ignoreNullValues:
      metadata["ignoreNullValues"] === undefined ? true : booleanOf(metadata["ignoreNullValues"], `${place}.metadata.ignoreNullValues`),
  };
};

const cronTrigger = ({ metadata }: TriggerInput, place: string): Trigger => {
  const zone = required(metadata, "timezone", place);
  const offset = utcOffsetOrNull(zone);
  if (offset === null) {
    throw new InputError(
      `${place}.metadata.timezone`,
      `expected a zone of a fixed offset, got ${zone}`,
      "Daylight saving is not modelled: write the times for UTC, or for Etc/GMT-1 (which is ahead of UTC by one hour).",
    );
  }
  const desired = required(metadata, "desiredReplicas", place);
  const desiredReplicas = numberOf(desired, `${place}.metadata.desiredReplicas`);
  if (!Number.isInteger(desiredReplicas) || desiredReplicas < 0) {
    throw new InputError(`${place}.metadata.desiredReplicas`, `expected whole replicas, got ${desired}`, "Give their number.");
  }
  const start = parseCron(required(metadata, "start", place), `${place}.metadata.start`, offset);
  const end = parseCron(required(metadata, "end", place), `${place}.metadata.end`, offset);
  if (start.text === end.text)
    throw new InputError(
      `${place}.metadata.end`,
      `expected another time than start, got ${end.text}`,
      "Give the time at which the replicas may go.",
    );
  return { type: "cron", start, end, desiredReplicas };
};

const required = (metadata: Readonly<Record<string, string>>, field: string, place: string): string => {
  const value = metadata[field];
  if (value === undefined || value === "")
    throw new InputError(`${place}.metadata.${field}`, "expected a text, got none", "KEDA does not take the trigger without it.");
  return value;
};

const numberOf = (text: string, place: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new InputError(place, `expected a number, got ${JSON.stringify(text)}`, "Write it as a quoted number.");
  return value;
};

const booleanOf = (text: string, place: string): boolean => {
  if (/^(?:1|t|true)$/iu.test(text)) return true;
  if (/^(?:0|f|false)$/iu.test(text)) return false;
  throw new InputError(place, `expected true or false, got ${JSON.stringify(text)}`, "Write it quoted.");
};

const pausedBy = (annotations: Readonly<Record<string, string>>, place: string): KedaSpec["paused"] => {
  const replicas = annotations["autoscaling.keda.sh/paused-replicas"];
  if (replicas !== undefined) {
    if (!/^\d+$/u.test(replicas))
      throw new InputError(
        `${place}: autoscaling.keda.sh/paused-replicas`,
        `expected whole replicas, got ${JSON.stringify(replicas)}`,
        "Give their number, quoted.",
      );
    return { replicas: Number(replicas) };
  }
  const paused = annotations["autoscaling.keda.sh/paused"];
  return paused === undefined || /^(?:0|f|false)$/iu.test(paused) ? null : { replicas: null };
};
