import { z } from "zod";
import { KPA_CLUSTER_DEFAULTS, KPA_DEFAULTS, type KpaClusterSettings, type KpaSpec } from "../autoscaler/knative/spec.ts";
import type { KubernetesObject } from "./documents.ts";
import { durationOrNull } from "./duration.ts";
import { LONGEST_WINDOW, oneOf, READERS, within } from "./knative-annotations.ts";
import { readWith } from "./schema-error.ts";

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

const configMapSchema = z.looseObject({
  data: z.record(z.string(), z.string({ error: "expected a text: write it in quotes" })).optional(),
});

/** The config map `config-autoscaler` over Knative's defaults. */
export const readClusterDefaults = ({ value, place }: KubernetesObject): KpaSpec => {
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
