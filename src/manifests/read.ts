import { InputError } from "../errors.ts";
import { closestKeyOrNull } from "../scenario/known-keys.ts";
import { readObjects, referenceOf, type KubernetesObject } from "./documents.ts";
import { readHpa, type HpaManifest } from "./hpa.ts";
import { readScaledObject, type KedaManifest } from "./keda.ts";
import { readKnativeService, type KnativeManifest } from "./knative.ts";
import { readWorkload, WORKLOAD_KINDS, type WorkloadManifest } from "./workload.ts";

export type AutoscalerManifest = HpaManifest | KedaManifest | KnativeManifest;

/** What a file of manifests says of one fleet. */
export interface Manifests {
  /** Null where nothing scales it. */
  readonly autoscaler: AutoscalerManifest | null;
  /** Null where the file does not say what is scaled. */
  readonly workload: WorkloadManifest | null;
  /** Of the workload, else of the autoscaler; null where neither says. */
  readonly namespace: string | null;
  /** Objects that were passed over, as `ConfigMap/name`. */
  readonly others: readonly string[];
}

/** Which of several objects are meant, as `HorizontalPodAutoscaler/name`; the name alone is enough where it is unique. */
export interface Choice {
  readonly autoscaler?: string;
  readonly workload?: string;
  /** The container that runs the server. */
  readonly container?: string;
}

/**
 * Reads an autoscaler and what it scales from a file of Kubernetes manifests, other objects among them.
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is no manifest, an object breaks a rule, or which of several is meant is not to be told
 */
export const readManifests = (text: string, place: string, choice: Choice = {}): Manifests => {
  const objects = applied(readObjects(text, place));
  const workloads = objects.filter(isWorkload);
  const scalers = objects.filter(isAutoscaler);
  if (workloads.length + scalers.length === 0) {
    const found = objects.map(referenceOf).join(", ");
    throw new InputError(
      place,
      `expected an autoscaler or a workload, got ${found}`,
      "Give one of these: HorizontalPodAutoscaler, ScaledObject, Knative Service, Deployment, StatefulSet.",
    );
  }
  const chosenWorkload = choice.workload === undefined ? null : pick(workloads, choice.workload, "workload", place);
  const fitting =
    chosenWorkload === null || choice.autoscaler !== undefined ? scalers : scalers.filter((scaler) => scales(scaler, chosenWorkload));
  const scaler = pick(fitting, choice.autoscaler, "autoscaler", place);
  const targets = scaler === null ? workloads : workloads.filter((candidate) => scales(scaler, candidate));
  if (scaler !== null && targets.length === 0) checkTarget(scaler, workloads);
  const workload = chosenWorkload ?? pick(targets, undefined, "workload", place);
  const cluster = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "config-autoscaler") ?? null;
  const used = new Set([scaler, workload, ...(scaler !== null && isKnative(scaler) ? [cluster] : [])]);
  return {
    autoscaler: scaler === null ? null : readAutoscaler(scaler, cluster),
    workload: workload === null ? null : readWorkload(workload, choice.container),
    namespace: workload?.namespace ?? scaler?.namespace ?? null,
    others: objects.filter((object) => !used.has(object)).map(referenceOf),
  };
};

/**
 * Objects as a cluster has them once all are applied in order: of two with one kind and name the later counts, and where that is a workload's
 * patch, without containers, it is laid over the earlier.
 */
const applied = (objects: readonly KubernetesObject[]): KubernetesObject[] =>
  objects.reduce<KubernetesObject[]>((before, object) => {
    const at = before.findIndex((other) => isSame(other, object));
    if (at === -1) return [...before, object];
    const earlier = before[at]!;
    const isPatch = isWorkload(object) && !hasContainers(object) && hasContainers(earlier);
    return before.with(at, isPatch ? { ...earlier, value: laidOver(earlier.value, object.value) } : object);
  }, []);

const isSame = (a: KubernetesObject, b: KubernetesObject): boolean =>
  a.kind === b.kind &&
  a.name === b.name &&
  a.name !== "" &&
  groupOf(a) === groupOf(b) &&
  (a.namespace ?? b.namespace) === (b.namespace ?? a.namespace);

const groupOf = ({ apiVersion }: KubernetesObject): string => apiVersion.split("/")[0]!;

const hasContainers = ({ value }: KubernetesObject): boolean => {
  const { spec } = value as { readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: unknown } } } };
  return spec?.template?.spec?.containers !== undefined;
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON merge patch: fields within fields, anything else replaced. @see https://www.rfc-editor.org/rfc/rfc7386 */
const laidOver = (value: Fields, patch: Fields): Fields => {
  const merged = Object.entries(patch).map(([key, over]) => {
    const under = value[key];
    return [key, isFields(over) && isFields(under) ? laidOver(under, over) : over] as const;
  });
  return { ...value, ...Object.fromEntries(merged) };
};

const isKnative = ({ kind, apiVersion }: KubernetesObject): boolean => kind === "Service" && apiVersion.startsWith("serving.knative.dev/");

const isWorkload = (object: KubernetesObject): boolean =>
  object.kind === "Service" ? isKnative(object) : (WORKLOAD_KINDS as readonly string[]).includes(object.kind);

const isAutoscaler = (object: KubernetesObject): boolean =>
  object.kind === "HorizontalPodAutoscaler" || object.kind === "ScaledObject" || isKnative(object);

/** Whether an autoscaler's target is that workload. */
const scales = (scaler: KubernetesObject, workload: KubernetesObject): boolean => {
  if (isKnative(scaler)) return scaler === workload;
  const { spec } = scaler.value as { readonly spec?: { readonly scaleTargetRef?: { readonly kind?: unknown; readonly name?: unknown } } };
  const target = spec?.scaleTargetRef;
  return target?.name === workload.name && (target.kind ?? "Deployment") === workload.kind;
};

/** A target that is nearly the name of a workload in the file is taken for a slip. */
const checkTarget = ({ value, place }: KubernetesObject, workloads: readonly KubernetesObject[]): void => {
  const { spec } = value as { readonly spec?: { readonly scaleTargetRef?: { readonly name?: unknown } } };
  const name = spec?.scaleTargetRef?.name;
  const names = workloads.map((workload) => workload.name);
  const closest = typeof name === "string" ? closestKeyOrNull(name, names) : null;
  if (closest === null) return;
  throw new InputError(
    `${place}: spec.scaleTargetRef.name`,
    `expected a workload of this file, ${names.join(", ")}, got ${JSON.stringify(name)}`,
    `Did you mean ${JSON.stringify(closest)}?`,
  );
};

const pick = (
  candidates: readonly KubernetesObject[],
  wanted: string | undefined,
  what: keyof Choice,
  place: string,
): KubernetesObject | null => {
  const names = candidates.map(referenceOf).join(", ");
  const matching = wanted === undefined ? candidates : candidates.filter((object) => [object.name, referenceOf(object)].includes(wanted));
  if (matching.length > 1) {
    throw new InputError(
      place,
      `expected one ${what}, got ${matching.length}: ${matching.map(referenceOf).join(", ")}`,
      `Choose one: --${what} ${matching[0] === undefined ? "KIND/NAME" : referenceOf(matching[0])}, or ${what} beside the file in the scenario.`,
    );
  }
  if (wanted !== undefined && matching.length === 0) {
    throw new InputError(
      place,
      `expected ${what === "autoscaler" ? "an" : "a"} ${what} called ${wanted}, got ${names === "" ? "none" : names}`,
      "Choose one of these, or another file.",
    );
  }
  return matching[0] ?? null;
};

const readAutoscaler = (object: KubernetesObject, cluster: KubernetesObject | null): AutoscalerManifest => {
  switch (object.kind) {
    case "HorizontalPodAutoscaler":
      return readHpa(object);
    case "ScaledObject":
      return readScaledObject(object);
    default:
      return readKnativeService(object, cluster);
  }
};
