import { z } from "zod";
import { KPA_DEFAULTS, type KpaSpec } from "../autoscaler/knative/spec.ts";
import { InputError, orNotModelled, type NotModelledError } from "../errors.ts";
import type { KubernetesObject } from "./documents.ts";
import { durationOrNull } from "./duration.ts";
import { AUTOSCALING, PROGRESS_DEADLINE, readerOf, within } from "./knative-annotations.ts";
import { readClusterDefaults } from "./knative-cluster.ts";
import type { ScaleTarget } from "./scale-target.ts";
import { readWith } from "./schema-error.ts";

const annotations = z.record(z.string(), z.string({ error: "expected a text: write it in quotes" })).optional();

/** A Service of serving.knative.dev/v1, as far as it is read. */
export const knativeServiceSchema = z.looseObject({
  apiVersion: z.literal("serving.knative.dev/v1"),
  kind: z.literal("Service"),
  metadata: z.looseObject({ name: z.string(), annotations }),
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ annotations }).optional(),
      spec: z.looseObject({ containerConcurrency: z.int().min(0).max(1000).optional() }),
    }),
  }),
});

export interface KnativeManifest {
  readonly kind: "knative";
  readonly name: string;
  readonly target: ScaleTarget;
  readonly spec: KpaSpec | NotModelledError;
}

/**
 * Reads the scaling of a Knative Service: the annotations of its revision template, in either spelling (min-scale, minScale), and its
 * containerConcurrency. Where its class is not the KPA, that stands in the place of its spec.
 *
 * @param cluster the config map `config-autoscaler`, where the file has it
 * @throws InputError where an annotation is not Knative's, stands in the wrong place, or breaks a rule of Knative's
 */
export const readKnativeService = ({ value, place }: KubernetesObject, cluster: KubernetesObject | null): KnativeManifest => {
  const { metadata, spec } = readWith(knativeServiceSchema, value, place, "See https://knative.dev/docs/serving/.");
  const misplaced = Object.keys(metadata.annotations ?? {}).find((key) => key.startsWith(AUTOSCALING));
  if (misplaced !== undefined) {
    throw new InputError(
      `${place}: metadata.annotations.${misplaced}`,
      "expected no autoscaling annotation on the Service itself, where it has no effect",
      "Put it under spec.template.metadata.annotations.",
    );
  }
  const given = spec.template.metadata?.annotations ?? {};
  const where = `${place}: spec.template.metadata.annotations`;
  const concurrency = spec.template.spec.containerConcurrency;
  return {
    kind: "knative",
    name: metadata.name,
    target: { kind: "Service", name: metadata.name },
    spec: orNotModelled(() => kpaSpecOf(given, where, concurrency, cluster)),
  };
};

/** @throws NotModelledError where its class is not the KPA: other classes have annotations of their own */
const kpaSpecOf = (
  given: Readonly<Record<string, string>>,
  where: string,
  concurrency: number | undefined,
  cluster: KubernetesObject | null,
): KpaSpec => {
  const isClass = (key: string): boolean => key === `${AUTOSCALING}class`;
  const annotated = Object.entries(given).filter(([key]) => key.startsWith(AUTOSCALING));
  let read: Partial<KpaSpec> = {};
  for (const [key, text] of annotated.sort(([a], [b]) => Number(isClass(b)) - Number(isClass(a)))) {
    read = { ...read, ...readerOf(key, where)(text, `${where}.${key}`) };
  }
  const base = cluster === null ? KPA_DEFAULTS : readClusterDefaults(cluster);
  const progress = given[PROGRESS_DEADLINE];
  const deadline =
    progress === undefined
      ? base.cluster.progressDeadline
      : within(durationOrNull(progress) ?? NaN, [1, Infinity], "duration of 1s or more", progress, `${where}.${PROGRESS_DEADLINE}`);
  const result: KpaSpec = {
    ...base,
    ...read,
    containerConcurrency: concurrency ?? base.containerConcurrency,
    cluster: { ...base.cluster, progressDeadline: deadline },
  };
  checkScales(result, where);
  return result;
};

const checkScales = ({ minScale, maxScale, activationScale }: KpaSpec, place: string): void => {
  if (maxScale !== 0 && minScale > maxScale) {
    throw new InputError(
      `${place}.${AUTOSCALING}min-scale`,
      `expected at most max-scale, ${maxScale}, got ${minScale}`,
      "Swap the two, or raise max-scale.",
    );
  }
  if (activationScale > 1 && (activationScale < minScale || (maxScale !== 0 && activationScale > maxScale))) {
    throw new InputError(
      `${place}.${AUTOSCALING}activation-scale`,
      `expected a number from min-scale, ${minScale}, to max-scale, ${maxScale || "none"}, got ${activationScale}`,
      "Give one between the two.",
    );
  }
};
