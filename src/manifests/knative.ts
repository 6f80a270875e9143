import { z } from "zod";
import { KPA_CLUSTER_DEFAULTS, KPA_DEFAULTS, type KpaClusterSettings, type KpaSpec } from "../autoscaler/knative/spec.ts";
import { InputError } from "../errors.ts";
import { closestKeyOrNull } from "../scenario/known-keys.ts";
import type { KubernetesObject } from "./documents.ts";
import { durationOrNull } from "./duration.ts";
import type { ScaleTarget } from "./scale-target.ts";
import { readWith } from "./schema-error.ts";

export const AUTOSCALING = "autoscaling.knative.dev/";
export const PROGRESS_DEADLINE = "serving.knative.dev/progress-deadline";

const annotations = z.record(z.string(), z.string()).optional();

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
  readonly spec: KpaSpec;
}

/** Reads one annotation into its part of the spec. */
type Reader = (text: string, place: string) => Partial<KpaSpec>;

const whole =
  (field: keyof KpaSpec, least = 0): Reader =>
  (text, place) => ({
    [field]: within(/^\d+$/u.test(text) ? Number(text) : NaN, [least, Infinity], `whole number of ${least} or more`, text, place),
  });
const decimal =
  (field: keyof KpaSpec, [from, to]: readonly [number, number]): Reader =>
  (text, place) => ({
    [field]: within(
      text.trim() === "" ? NaN : Number(text),
      [from, to],
      to === Infinity ? `number of ${from} or more` : `number from ${from} to ${to}`,
      text,
      place,
    ),
  });
const duration =
  (field: keyof KpaSpec, [from, to]: readonly [number, number]): Reader =>
  (text, place) => {
    const time = within(durationOrNull(text) ?? NaN, [from, to], `duration from ${from}s to 1h`, text, place);
    if (!Number.isInteger(time)) throw new InputError(place, `expected whole seconds, got ${text}`, "Knative takes no finer ones.");
    return { [field]: time };
  };

const within = (value: number, [from, to]: readonly [number, number], rule: string, text: string, place: string): number => {
  if (value >= from && value <= to) return value;
  throw new InputError(place, `expected a ${rule}, got ${JSON.stringify(text)}`, "See https://knative.dev/docs/serving/autoscaling/.");
};

const LONGEST_WINDOW = 3600;

/** Annotations by their name behind `autoscaling.knative.dev/`. */
const READERS: Readonly<Record<string, Reader>> = {
  "min-scale": whole("minScale"),
  "max-scale": whole("maxScale"),
  "initial-scale": whole("initialScale"),
  "activation-scale": whole("activationScale", 2),
  target: decimal("target", [0.01, Infinity]),
  "target-utilization-percentage": decimal("targetUtilizationPercent", [1, 100]),
  "panic-window-percentage": decimal("panicWindowPercent", [1, 100]),
  "panic-threshold-percentage": decimal("panicThresholdPercent", [110, 1000]),
  "target-burst-capacity": (text, place) =>
    Number(text) === -1 ? { targetBurstCapacity: -1 } : decimal("targetBurstCapacity", [0, Infinity])(text, place),
  window: duration("window", [6, LONGEST_WINDOW]),
  "scale-down-delay": duration("scaleDownDelay", [0, LONGEST_WINDOW]),
  "scale-to-zero-pod-retention-period": duration("podRetention", [0, LONGEST_WINDOW]),
  metric: (text, place) => ({ metric: oneOf(text, ["concurrency", "rps"] as const, place) }),
  "metric-aggregation-algorithm": (text, place) => {
    const chosen = oneOf(text, ["linear", "weighted-exponential", "weightedExponential"], place);
    return { aggregation: chosen === "linear" ? "linear" : "weighted-exponential" };
  },
  class: (text, place) => {
    oneOf(text, ["kpa.autoscaling.knative.dev"], place, "Of Knative's classes the KPA is modelled; give an HPA as a manifest of its own.");
    return {};
  },
};

const oneOf = <T extends string>(
  text: string,
  options: readonly T[],
  place: string,
  nextStep = "See https://knative.dev/docs/serving/autoscaling/.",
): T => {
  const found = options.find((option) => option === text);
  if (found === undefined) throw new InputError(place, `expected ${options.join(" or ")}, got ${JSON.stringify(text)}`, nextStep);
  return found;
};

/**
 * Reads the scaling of a Knative Service: the annotations of its revision template, in either spelling (min-scale, minScale), and its
 * containerConcurrency.
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
      "expected no autoscaling annotation on the Service itself, where Knative ignores it",
      "Put it under spec.template.metadata.annotations.",
    );
  }
  const given = spec.template.metadata?.annotations ?? {};
  const where = `${place}: spec.template.metadata.annotations`;
  let read: Partial<KpaSpec> = {};
  for (const [key, text] of Object.entries(given)) {
    if (key.startsWith(AUTOSCALING)) read = { ...read, ...readerOf(key, where)(text, `${where}.${key}`) };
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
    containerConcurrency: spec.template.spec.containerConcurrency ?? base.containerConcurrency,
    cluster: { ...base.cluster, progressDeadline: deadline },
  };
  checkScales(result, where);
  return { kind: "knative", name: metadata.name, target: { kind: "Service", name: metadata.name }, spec: result };
};

const readerOf = (key: string, place: string): Reader => {
  const name = key.slice(AUTOSCALING.length).replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
  if (Object.hasOwn(READERS, name)) return READERS[name]!;
  const closest = closestKeyOrNull(name, Object.keys(READERS));
  throw new InputError(
    place,
    `there is no annotation ${JSON.stringify(key)}`,
    closest === null ? `There are: ${Object.keys(READERS).join(", ")}.` : `Did you mean ${JSON.stringify(AUTOSCALING + closest)}?`,
  );
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

/** What a cluster sets for all its Services, over Knative's own defaults. */
const CLUSTER_READERS: Readonly<
  Record<string, (text: string, place: string) => { spec?: Partial<KpaSpec>; cluster?: Partial<KpaClusterSettings> }>
> = {
  ...Object.fromEntries(
    (
      [
        ["stable-window", "window"],
        ["panic-window-percentage", "panic-window-percentage"],
        ["panic-threshold-percentage", "panic-threshold-percentage"],
        ["target-burst-capacity", "target-burst-capacity"],
        ["container-concurrency-target-percentage", "target-utilization-percentage"],
        ["scale-to-zero-pod-retention-period", "scale-to-zero-pod-retention-period"],
        ["scale-down-delay", "scale-down-delay"],
        ["initial-scale", "initial-scale"],
        ["min-scale", "min-scale"],
        ["max-scale", "max-scale"],
      ] as const
    ).map(([key, annotation]) => [key, (text: string, place: string) => ({ spec: READERS[annotation]!(text, place) })]),
  ),
  "container-concurrency-target-default": clusterNumber("concurrencyDefault", 0.01),
  "requests-per-second-target-default": clusterNumber("rpsDefault", 0.01),
  "max-scale-up-rate": clusterNumber("maxScaleUpRate", 1),
  "max-scale-down-rate": clusterNumber("maxScaleDownRate", 1),
  "activator-capacity": clusterNumber("activatorCapacity", 1),
  "enable-scale-to-zero": (text, place) => ({ cluster: { hasScaleToZero: oneOf(text, ["true", "false"], place) === "true" } }),
  "scale-to-zero-grace-period": (text, place) => ({
    cluster: { scaleToZeroGrace: within(durationOrNull(text) ?? NaN, [6, LONGEST_WINDOW], "duration from 6s to 1h", text, place) },
  }),
};

function clusterNumber(
  field: keyof KpaClusterSettings,
  least: number,
): (text: string, place: string) => { cluster: Partial<KpaClusterSettings> } {
  return (text, place) => ({ cluster: { [field]: within(Number(text), [least, Infinity], `number of ${least} or more`, text, place) } });
}

const configMapSchema = z.looseObject({ data: z.record(z.string(), z.string()).optional() });

const readClusterDefaults = ({ value, place }: KubernetesObject): KpaSpec => {
  const { data = {} } = readWith(configMapSchema, value, place, "See https://knative.dev/docs/serving/autoscaling/.");
  let spec: KpaSpec = KPA_DEFAULTS;
  let cluster: KpaClusterSettings = KPA_CLUSTER_DEFAULTS;
  for (const [key, text] of Object.entries(data)) {
    // `_example` and keys of newer versions are Knative's to judge.
    if (!Object.hasOwn(CLUSTER_READERS, key)) continue;
    const read = CLUSTER_READERS[key]!(text, `${place}: data.${key}`);
    spec = { ...spec, ...read.spec };
    cluster = { ...cluster, ...read.cluster };
  }
  return { ...spec, cluster };
};
