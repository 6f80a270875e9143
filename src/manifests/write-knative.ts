import { KPA_CLUSTER_DEFAULTS, KPA_DEFAULTS, type KpaClusterSettings, type KpaSpec } from "../autoscaler/knative/spec.ts";
import { commentedYaml, type Reasons } from "./commented.ts";
import { durationText } from "./duration.ts";
import { metadataOf, type Identity } from "./identity.ts";
import { AUTOSCALING, PROGRESS_DEADLINE } from "./knative-annotations.ts";

/** An annotation: its name, its text, and what it does. */
type Row = readonly [name: string, value: string, why: string];

/**
 * A Knative Service's scaling, as a patch: annotations of its revision template and its containerConcurrency, with a comment at each;
 * what the whole cluster sets otherwise than Knative's defaults follows as a second document.
 *
 * @param why the reasons for this fleet's values, by the annotation's name (`max-scale`); they replace the general ones
 */
export const writeKnativeService = (spec: KpaSpec, identity: Pick<Identity, "name" | "namespace">, why: Reasons = {}): string => {
  const rows = annotationRows(spec);
  const annotations = Object.fromEntries(rows.map(([key, value]) => [key, value]));
  const { containerConcurrency } = spec;
  const value = {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: metadataOf(identity),
    spec: { template: { metadata: { annotations }, spec: { containerConcurrency } } },
  };
  const reasons: Record<string, string> = {
    "spec.template.spec.containerConcurrency":
      containerConcurrency === 0
        ? "no limit: the server batches what it is given"
        : "a replica is given so many at once, the others wait at the activator",
  };
  for (const [key, , general] of rows) {
    reasons[`spec.template.metadata.annotations[${key}]`] = why[key.slice(AUTOSCALING.length)] ?? general;
  }
  const cluster = clusterText(spec.cluster);
  return commentedYaml(value, reasons) + (cluster === null ? "" : `---\n${cluster}`);
};

const annotationRows = (spec: KpaSpec): Row[] => {
  const rows: Row[] = [
    ["class", "kpa.autoscaling.knative.dev", "by requests, not by CPU"],
    ["metric", spec.metric, spec.metric === "rps" ? "requests per second" : "requests in flight"],
    [
      "target-utilization-percentage",
      `${spec.targetUtilizationPercent}`,
      "so much of the target is aimed at: the rest is room for the next requests",
    ],
    [
      "min-scale",
      `${spec.minScale}`,
      spec.minScale === 0
        ? "none without load: the next request waits for a cold start"
        : "kept at any load: what absorbs a burst until others have started",
    ],
    ["max-scale", `${spec.maxScale}`, spec.maxScale === 0 ? "no limit" : "the most that is paid for"],
    ["window", durationText(spec.window), "the average that scales in calm times"],
    ["panic-window-percentage", `${spec.panicWindowPercent}`, "of the window: the average that sees a burst"],
    ["panic-threshold-percentage", `${spec.panicThresholdPercent}`, "of what is ready: from there on it panics, and does not scale down"],
    [
      "target-burst-capacity",
      `${spec.targetBurstCapacity}`,
      spec.targetBurstCapacity < 0 ? "the activator is always in the path" : "room that must be left, else the activator buffers",
    ],
  ];
  const optional: [boolean, Row][] = [
    [spec.target !== null, ["target", `${spec.target ?? ""}`, "what a replica can take"]],
    [spec.initialScale !== KPA_DEFAULTS.initialScale, ["initial-scale", `${spec.initialScale}`, "ready before the first request"]],
    [
      spec.activationScale !== KPA_DEFAULTS.activationScale,
      ["activation-scale", `${spec.activationScale}`, "at least so many while there is any load"],
    ],
    [
      spec.scaleDownDelay !== KPA_DEFAULTS.scaleDownDelay,
      ["scale-down-delay", durationText(spec.scaleDownDelay), "so long a fall must last"],
    ],
    [
      spec.podRetention !== KPA_DEFAULTS.podRetention,
      ["scale-to-zero-pod-retention-period", durationText(spec.podRetention), "the last replica stays so long without load"],
    ],
    [spec.aggregation !== "linear", ["metric-aggregation-algorithm", spec.aggregation, "newer seconds count more"]],
  ];
  const shown = [...rows, ...optional.filter(([isShown]) => isShown).map(([, row]) => row)].map(([key, value, why]): Row => [
    AUTOSCALING + key,
    value,
    why,
  ]);
  const deadline = spec.cluster.progressDeadline;
  if (deadline === KPA_CLUSTER_DEFAULTS.progressDeadline) return shown;
  return [...shown, [PROGRESS_DEADLINE, durationText(deadline), "a cold start that takes longer is given up"]];
};

/** Keys of the config map `config-autoscaler`. */
const CLUSTER_KEYS: Readonly<Record<Exclude<keyof KpaClusterSettings, "progressDeadline">, string>> = {
  concurrencyDefault: "container-concurrency-target-default",
  rpsDefault: "requests-per-second-target-default",
  maxScaleUpRate: "max-scale-up-rate",
  maxScaleDownRate: "max-scale-down-rate",
  hasScaleToZero: "enable-scale-to-zero",
  scaleToZeroGrace: "scale-to-zero-grace-period",
  activatorCapacity: "activator-capacity",
};

const clusterText = (cluster: KpaClusterSettings): string | null => {
  const data: Record<string, string> = {};
  for (const [field, key] of Object.entries(CLUSTER_KEYS) as [keyof typeof CLUSTER_KEYS, string][]) {
    const value = cluster[field];
    if (value !== KPA_CLUSTER_DEFAULTS[field]) data[key] = field === "scaleToZeroGrace" ? durationText(Number(value)) : `${value}`;
  }
  if (Object.keys(data).length === 0) return null;
  return commentedYaml(
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "config-autoscaler", namespace: "knative-serving" }, data },
    { data: "for every Service of the cluster" },
  );
};
