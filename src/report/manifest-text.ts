import { change, gpuHours, list, quantity } from "../format.ts";
import type { Reasons } from "../manifests/commented.ts";
import type { Destination } from "../manifests/destination.ts";
import { writeHpa } from "../manifests/write-hpa.ts";
import { writeScaledObject } from "../manifests/write-keda.ts";
import { writeKnativeService } from "../manifests/write-knative.ts";
import { writeReplicas } from "../manifests/write-replicas.ts";
import type { Candidate, ObjectiveResult, Plan } from "../plan/schema.ts";
import type { WrittenPolicies, WrittenPolicy } from "../plan/written-policies.ts";
import { wrap } from "./layout.ts";
import { limitOf, nameOf, valueOf } from "./objective-words.ts";
import { answerSentence, missSentence, replicaRange } from "./plan-sentences.ts";

/** Files that a plan's manifests may come in. */
export const MANIFEST_FILES = ["replicas.yaml", "hpa.yaml", "keda.yaml", "knative.yaml"] as const;

export interface ManifestFile {
  readonly name: (typeof MANIFEST_FILES)[number];
  readonly text: string;
  /** What a person types to bring it to a cluster, in order. */
  readonly commands: readonly string[];
}

/** How a plan's manifests are simulated once more. */
export interface Again {
  /** The command, but for the manifests: `ballast simulate sc.yaml --device h200.json`. */
  readonly simulate: string;
  /** The folder that the files are in, from where the command is typed; ends with a slash, or is nothing. */
  readonly folder: string;
}

const AGAIN: Again = { simulate: "ballast simulate SCENARIO", folder: "" };

export interface ManifestTexts {
  readonly files: readonly ManifestFile[];
  /** What is not written, and why. */
  readonly leftOut: readonly string[];
}

type Found = Extract<Plan["capacity"], { kind: "found" }>;

const outcome = (result: ObjectiveResult): string => `${nameOf(result)} ${valueOf(result)} (${limitOf(result)})`;
const outcomes = ({ objectives }: Candidate): string => list(objectives.map(outcome));

const misses = (replicas: number, candidate: Candidate): string =>
  `${replicas} ${candidate.verdict === "undecided" ? "may not" : replicas === 1 ? "does not" : "do not"}: ${missSentence(candidate)}`;

/** A found answer as the manifests that tell it to a cluster, each value with its reason. */
export const manifestTexts = (
  plan: Plan,
  capacity: Found,
  written: WrittenPolicies,
  place: Destination,
  again: Again = AGAIN,
): ManifestTexts => {
  const destination: Placed = { ...place, again };
  const { target } = destination;
  const isService = target.kind === "Service";
  const hasKnative = isService || !destination.isOwn;
  const none = noFloor(capacity);
  const files: (ManifestFile | null)[] = [
    isService ? null : { name: "replicas.yaml", text: replicasText(plan, capacity, destination), commands: replicasCommands(destination) },
    written.hpa === null
      ? null
      : { name: "hpa.yaml", text: hpaText(plan, capacity, written.hpa, destination), commands: applyCommands("hpa", destination) },
    written.keda === null
      ? null
      : { name: "keda.yaml", text: kedaText(plan, capacity, written.keda, destination), commands: applyCommands("keda", destination) },
    hasKnative
      ? { name: "knative.yaml", text: knativeText(plan, capacity, written, destination), commands: [knativeCommand(destination)] }
      : null,
  ];
  return {
    files: files.filter((file) => file !== null),
    leftOut: [
      ...(isService ? ["No number of replicas, HPA or ScaledObject: Knative scales this Service."] : []),
      ...(isService || written.hpa !== null ? [] : [`No HPA: ${none}.`]),
      ...(isService || written.keda !== null ? [] : [`No ScaledObject: ${none}.`]),
      ...(hasKnative ? [] : [`No Knative annotations: ${target.kind} ${target.name} is not Knative's.`]),
      ...(!hasKnative || written.knative !== null ? [] : [`knative.yaml keeps ${capacity.replicas} at any load: ${none}.`]),
    ],
  };
};

interface Placed extends Destination {
  readonly again: Again;
}

const noFloor = ({ replicas }: Found): string =>
  replicas === 1 ? "one replica is enough at any load" : `no floor below ${replicas} was found with which it meets the objectives`;

/** What stands above a manifest: what limits it, what it is, what came of it, and how it is applied. */
const header = (plan: Plan, texts: readonly string[], lines: readonly string[] = []): string =>
  [...(plan.heading === null ? [] : [plan.heading]), ...texts]
    .flatMap((text) => wrap(text, "# ", 118))
    .concat(lines.map((line) => `# ${line}`))
    .join("\n") + "\n";

const fixedReason = ({ replicas, candidate, one_fewer: fewer }: Found): string => {
  const least = `the smallest number that meets the objectives: ${outcomes(candidate)}`;
  const survived =
    candidate.hardship === undefined ? "" : `, with ${candidate.hardship} of the ${replicas}, which comes closest to a limit`;
  return `${least}${survived}${fewer === null ? "" : `; ${misses(fewer.replicas.max, fewer)}`}`;
};

const replicasText = (plan: Plan, capacity: Found, destination: Placed): string => {
  return (
    header(
      plan,
      [
        `${answerSentence(plan)} Of ballast plan, on this question: ${plan.question}`,
        ...(destination.own === undefined ? ["Take any autoscaler off the workload first."] : []),
        ...ownNames(destination),
      ],
      [...replicasCommands(destination), ...fixedAgain(capacity.replicas, destination)],
    ) + writeReplicas(capacity.replicas, destination, fixedReason(capacity))
  );
};

const RESOURCES = { hpa: "hpa", keda: "scaledobject", knative: "ksvc" } as const;

/** How today's autoscaler is taken off the workload, but for one of that kind and name, which what is written replaces. */
const deletion = (destination: Destination, written?: "hpa" | "keda"): string[] => {
  const today = destination.own?.autoscaler ?? null;
  if (today === null || today.kind === "knative" || (today.kind === written && today.name === destination.name)) return [];
  return [`kubectl delete ${RESOURCES[today.kind]} ${today.name}${inNamespace(destination)}`];
};

const replicasCommands = (destination: Placed): string[] => {
  const { kind, name } = destination.target;
  return [
    ...deletion(destination),
    `kubectl patch ${kind.toLowerCase()} ${name}${inNamespace(destination)} --patch-file ${destination.again.folder}replicas.yaml`,
  ];
};

const applyCommands = (kind: "hpa" | "keda", destination: Placed): string[] => [
  ...deletion(destination, kind),
  `kubectl apply -f ${destination.again.folder}${kind}.yaml`,
];

const knativeCommand = (destination: Placed): string =>
  `kubectl patch ksvc ${destination.target.name}${inNamespace(destination)} --type merge --patch-file ${destination.again.folder}knative.yaml`;

/** How a fixed number is simulated once more: with the user's manifests, which say how the server runs, where there are some. */
const fixedAgain = (replicas: number, { own, again: { simulate, folder } }: Placed): string[] =>
  own === undefined
    ? [`${simulate} --manifests ${folder}replicas.yaml`]
    : [
        "Simulated once more, with this in the scenario:",
        `  manifests: { file: ${own.inScenario} }`,
        `  policy: { kind: fixed, replicas: ${replicas} }`,
        `${simulate}${own.options}`,
      ];

/**
 * How a file's policy is simulated once more. It says nothing of the server: the user's manifests do, and it counts after them. Neither says how
 * many replicas there are at the start.
 *
 * @param chosen which autoscaler, where the user's manifests have another
 */
const again = (file: string, { own, again: { simulate, folder } }: Placed, initial?: number, chosen = ""): string[] => [
  ...(own === undefined
    ? [`${simulate} --manifests ${folder}${file}`]
    : [
        "Simulated once more, as a patch of the manifests it is for:",
        `(cat ${own.file}; echo; echo ---; cat ${folder}${file}) > ${folder}both.yaml`,
        `${simulate} --manifests ${folder}both.yaml${own.options}${own.autoscaler === null ? "" : chosen}`,
      ]),
  ...(initial === undefined ? [] : [`  with policy: { kind: manifest, initial_replicas: ${initial} } in the scenario`]),
];

const inNamespace = ({ namespace }: Destination): string => (namespace === undefined ? "" : ` --namespace ${namespace}`);

const ownNames = ({ isOwn }: Destination): string[] => (isOwn ? [] : ["The names are examples: put those of your own workload."]);

/** What came of an autoscaler's manifest where it was simulated. */
const simulated = (plan: Plan, capacity: Found, { candidate, initial }: WrittenPolicy<unknown>): string[] => {
  const against = candidate.gpu_hours / capacity.candidate.gpu_hours - 1;
  return [
    `Simulated as it stands here, on the question of ballast plan: ${plan.question}`,
    `Of that came ${outcomes(candidate)}; replicas ${replicaRange(candidate)}; ${gpuHours(candidate.gpu_hours)} GPU-hours (${change(against)} against ${capacity.replicas} fixed); ${quantity(candidate.scale_events, "scale event")}. It began with ${quantity(initial, "replica")}.`,
  ];
};

const floorReason = ({ floor, candidate, lower }: WrittenPolicy<unknown>): string => {
  const below =
    lower === null
      ? "; an autoscaler on the servers' metrics keeps one at least"
      : lower.verdict === "meets"
        ? ""
        : `; ${misses(floor - 1, lower)}`;
  return `the lowest floor found with which the objectives are met: ${outcomes(candidate)}${below}`;
};

const mostReason = ({ candidate }: WrittenPolicy<unknown>, { replicas }: Found): string =>
  `it went to ${candidate.replicas.max}; the fixed answer is ${replicas}`;

const IN_FLIGHT = "requests in flight, running and waiting, that a replica is to hold";

const hpaText = (plan: Plan, capacity: Found, written: WrittenPolicy<WrittenHpa>, destination: Placed): string => {
  const { spec, initial } = written;
  const [metric] = spec.metrics;
  const isInFlight = metric?.type === "Pods" && metric.metric === "requests_in_flight";
  const why: Reasons = {
    "spec.minReplicas": floorReason(written),
    "spec.maxReplicas": mostReason(written, capacity),
    ...(isInFlight ? { "spec.metrics.0.pods.target.averageValue": `${IN_FLIGHT}; Kubernetes takes the mean over the pods` } : {}),
  };
  return (
    header(
      plan,
      [...simulated(plan, capacity, written), "Not beside a ScaledObject of the same workload.", ...ownNames(destination)],
      [
        ...applyCommands("hpa", destination),
        ...again("hpa.yaml", destination, initial, ` --autoscaler HorizontalPodAutoscaler/${destination.name}`),
        ...(isInFlight ? ADAPTER_RULE : []),
      ],
    ) + writeHpa(spec, destination, why)
  );
};

type WrittenHpa = NonNullable<WrittenPolicies["hpa"]>["spec"];

/** Of https://github.com/kubernetes-sigs/prometheus-adapter, docs/config.md. */
const ADAPTER_RULE = [
  "A rule that has prometheus-adapter give Kubernetes the metric:",
  `  - seriesQuery: 'vllm:num_requests_running{namespace!="",pod!=""}'`,
  "    resources: { overrides: { namespace: { resource: namespace }, pod: { resource: pod } } }",
  "    name: { as: requests_in_flight }",
  "    metricsQuery: sum(vllm:num_requests_running{<<.LabelMatchers>>} + vllm:num_requests_waiting{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
];

const kedaText = (plan: Plan, capacity: Found, written: NonNullable<WrittenPolicies["keda"]>, destination: Placed): string => {
  const why: Reasons = {
    "spec.minReplicaCount": floorReason(written),
    "spec.maxReplicaCount": mostReason(written, capacity),
    "spec.triggers.0.metadata.serverAddress": destination.isOwn ? "where Prometheus answers" : "where your Prometheus answers",
    "spec.triggers.0.metadata.query": "of this fleet's servers alone: add a selector where Prometheus knows others",
    "spec.triggers.0.metadata.threshold": `${IN_FLIGHT}; KEDA takes the sum over the replicas there are`,
  };
  return (
    header(
      plan,
      [...simulated(plan, capacity, written), "Not beside an HPA of the same workload.", ...ownNames(destination)],
      [
        ...applyCommands("keda", destination),
        ...again("keda.yaml", destination, written.initial, ` --autoscaler ScaledObject/${destination.name}`),
      ],
    ) + writeScaledObject(written.spec, destination, destination.serverAddress, why)
  );
};

const knativeText = (plan: Plan, capacity: Found, { knative, fixedKnative }: WrittenPolicies, destination: Placed): string => {
  const apply = knativeCommand(destination);
  const identity = { ...destination, name: destination.target.name };
  if (knative === null) {
    return (
      header(
        plan,
        [
          `${answerSentence(plan)} Of ballast plan, on this question: ${plan.question}`,
          `The number stays the same, since of an autoscaler ${noFloor(capacity)}.`,
          ...ownNames(destination),
        ],
        [apply],
      ) +
      writeKnativeService(fixedKnative, identity, {
        "min-scale": fixedReason(capacity),
        "max-scale": "as many as min-scale: nothing scales",
        "initial-scale": "as many as min-scale",
      })
    );
  }
  return (
    header(
      plan,
      [
        ...simulated(plan, capacity, knative),
        "Knative's autoscaler is another than Kubernetes' (averages over its own windows, a panic mode): what it does was simulated by itself.",
        ...ownNames(destination),
      ],
      [apply, ...again("knative.yaml", destination)],
    ) +
    writeKnativeService(knative.spec, identity, {
      target: IN_FLIGHT,
      "target-utilization-percentage": "the target is what a replica is to hold: nothing is taken off it",
      "min-scale": floorReason(knative),
      "max-scale": mostReason(knative, capacity),
      "scale-down-delay": "so long a fall must last, as Kubernetes' HPA has it",
    })
  );
};
