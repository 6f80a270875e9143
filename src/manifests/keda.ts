import { z } from "zod";
import { KEDA_DEFAULTS, type KedaSpec, type Trigger } from "../autoscaler/keda/spec.ts";
import { InputError, NotModelledError, orNotModelled } from "../errors.ts";
import { behaviorSchema } from "./behavior-schema.ts";
import type { KubernetesObject } from "./documents.ts";
import { readTrigger, triggerSchema } from "./keda-trigger.ts";
import type { ScaleTarget } from "./scale-target.ts";
import { readWith } from "./schema-error.ts";

const count = z.int().min(0);

/** A ScaledObject of keda.sh/v1alpha1, as far as it is read. */
export const scaledObjectSchema = z.strictObject({
  apiVersion: z.literal("keda.sh/v1alpha1"),
  kind: z.literal("ScaledObject"),
  metadata: z.looseObject({
    name: z.string(),
    annotations: z.record(z.string(), z.string({ error: "expected a text: write it in quotes" })).optional(),
  }),
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
  readonly spec: KedaSpec | NotModelledError;
  /** Where its prometheus triggers ask. */
  readonly serverAddress: string | null;
}

const NEXT_STEP = "See https://keda.sh/docs/latest/reference/scaledobject-spec/.";

/**
 * Reads a ScaledObject.
 *
 * Where it follows what no simulated fleet has, that stands in the place of its spec.
 *
 * @throws InputError where it breaks a rule of KEDA's
 */
export const readScaledObject = ({ value, place }: KubernetesObject): KedaManifest => {
  const { metadata, spec } = readWith(scaledObjectSchema, value, place, NEXT_STEP);
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
  const addresses = spec.triggers.flatMap(({ metadata: { serverAddress } }) => (serverAddress === undefined ? [] : [serverAddress]));
  return {
    kind: "keda",
    name: metadata.name,
    target: { kind: spec.scaleTargetRef.kind ?? "Deployment", name: spec.scaleTargetRef.name },
    serverAddress: addresses[0] ?? null,
    spec: orNotModelled(() => ({
      pollingInterval: spec.pollingInterval ?? KEDA_DEFAULTS.pollingInterval,
      cooldownPeriod: spec.cooldownPeriod ?? KEDA_DEFAULTS.cooldownPeriod,
      initialCooldownPeriod: spec.initialCooldownPeriod ?? KEDA_DEFAULTS.initialCooldownPeriod,
      idleReplicaCount,
      minReplicaCount,
      maxReplicaCount,
      triggers: triggersOf(spec, place),
      fallback: spec.fallback ?? null,
      behavior: spec.advanced?.horizontalPodAutoscalerConfig?.behavior ?? null,
      paused: pausedBy(metadata.annotations ?? {}, `${place}: metadata.annotations`),
    })),
  };
};

/** @throws NotModelledError where one follows what no simulated fleet has, or a formula makes one number of several */
const triggersOf = ({ advanced, triggers }: z.infer<typeof scaledObjectSchema>["spec"], place: string): Trigger[] => {
  if (advanced?.scalingModifiers !== undefined) {
    throw new NotModelledError(
      `${place}: spec.advanced.scalingModifiers`,
      "expected none: a formula over several triggers is not modelled",
      "Leave it out, and let each trigger have its own target: the highest wins.",
      "a formula over several triggers",
    );
  }
  return triggers.map((trigger, i) => readTrigger(trigger, `${place}: spec.triggers.${i}`));
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
