import { KEDA_DEFAULTS, type KedaSpec } from "../autoscaler/keda/spec.ts";
import { KPA_DEFAULTS, type KpaSpec } from "../autoscaler/knative/spec.ts";
import type { HpaMetric, HpaSpec } from "../autoscaler/hpa/spec.ts";
import { DOWNSCALE_STABILIZATION } from "../autoscaler/hpa/normalise.ts";
import { fleetMetricOrNull, queryText } from "../autoscaler/query.ts";
import { initialReplicas, type Policy } from "../fleet/policy.ts";
import type { Destination } from "../manifests/destination.ts";
import { hpaSpecOf } from "./search/hpa-manifest.ts";
import type { Question } from "./search/question.ts";
import { Race } from "./search/racing.ts";
import { candidateOf, type Replication } from "./search/replications.ts";
import type { Candidate } from "./schema.ts";

type FromManifest = Extract<Policy, { kind: "manifest" }>;

/** A found answer, with what it takes to simulate a policy on the same question. */
export interface FoundAnswer {
  readonly question: Question;
  /** The fixed number. */
  readonly replicas: number;
  /** The cheapest floor with an autoscaler on top that meets the objectives; null: none was found. */
  readonly hybrid: Policy | null;
  /** The warm pool that it was found with, where that is not the scenario's own: no manifest says so; null where it is. */
  readonly pool: number | null;
}

/** A policy as a cluster is told it, and what comes of it on the question's traffic. */
export interface WrittenPolicy<Spec> {
  readonly spec: Spec;
  /** The least that it keeps. */
  readonly floor: number;
  /** Ready at time 0. */
  readonly initial: number;
  readonly replications: readonly Replication[];
  readonly candidate: Candidate;
  /** The same with a floor one lower; null where there is none, or the policy has no floor but the fixed number. */
  readonly lower: Candidate | null;
}

/** A found answer in the words of each autoscaler. Null: nothing in these words meets the objectives with fewer than the fixed number. */
export interface WrittenPolicies {
  readonly hpa: WrittenPolicy<HpaSpec> | null;
  readonly keda: WrittenPolicy<KedaSpec> | null;
  readonly knative: WrittenPolicy<KpaSpec> | null;
  /** Knative has no number of replicas of its own: its least and most are the same. */
  readonly fixedKnative: KpaSpec;
}

/**
 * The floor with an autoscaler on top of a found answer as an HPA, a KEDA ScaledObject and a Knative Service.
 *
 * They are three algorithms: an HPA on a pod's metric looks at ready pods, KEDA's at a query over all of them, draining ones included, and
 * Knative's at averages over windows of its own. So each is simulated as it is written, on the question's own requests and seeds: the HPA with the
 * answer's own floor, the others with the lowest floor below the fixed number with which they meet the objectives.
 */
export const writtenPolicies = ({ question, replicas, hybrid }: FoundAnswer, { name, target }: Destination): WrittenPolicies => {
  const race = new Race(question);
  const fixedKnative = { ...KPA_DEFAULTS, minScale: replicas, maxScale: replicas, initialScale: replicas };
  const hpa = hybrid === null ? null : hpaSpecOrNull(hybrid);
  if (hybrid === null || hpa === null) return { hpa: null, keda: null, knative: null, fixedKnative };

  const initial = initialReplicas(hybrid);
  // One that begins with its floor begins with a lower floor too; one that begins with what its target asks for does so with any.
  const initialAt = (floor: number): number => (initial > hpa.minReplicas ? Math.max(floor, initial) : floor);
  const inWordsOf = <Spec>(kind: string, specAt: (floor: number) => Spec, autoscalerOf: (spec: Spec) => FromManifest["autoscaler"]) => {
    const nameAt = (floor: number): string => `${kind}, floor ${floor}`;
    const policyAt = (floor: number): FromManifest => ({
      kind: "manifest",
      name: `${kind} ${name}`,
      autoscaler: autoscalerOf(specAt(floor)),
      initial_replicas: initialAt(floor),
      startsAt: 0,
    });
    const meetsAt = (floor: number): boolean => race.decide(policyAt(floor), nameAt(floor)) === "meets";
    const replicationsAt = (floor: number): readonly Replication[] => {
      meetsAt(floor);
      return race.replicationsOf(policyAt(floor), nameAt(floor));
    };
    return {
      at: (floor: number): WrittenPolicy<Spec> => ({
        spec: specAt(floor),
        floor,
        initial: initialAt(floor),
        replications: replicationsAt(floor),
        candidate: candidateOf(replicationsAt(floor), question.objectives),
        lower: floor === 1 ? null : candidateOf(replicationsAt(floor - 1), question.objectives),
      }),
      lowestOrNull(): WrittenPolicy<Spec> | null {
        const floor = lowestFloorOrNull(hpa.minReplicas, replicas - 1, meetsAt);
        return floor === null ? null : this.at(floor);
      },
    };
  };
  const isService = target.kind === "Service";
  const query = queryOrNull(hpa);
  const asHpa = inWordsOf(
    "HorizontalPodAutoscaler",
    (minReplicas) => ({ ...hpa, minReplicas }),
    (spec) => ({ kind: "hpa", spec }),
  );
  if (query === null) return { hpa: isService ? null : asHpa.at(hpa.minReplicas), keda: null, knative: null, fixedKnative };
  const asKeda = inWordsOf(
    "ScaledObject",
    (floor) => kedaOf(hpa, query, floor),
    (spec) => ({ kind: "keda", spec }),
  );
  const asKnative = inWordsOf(
    "Knative Service",
    (floor) => knativeOf(hpa, query.target, floor, initialAt(floor)),
    (spec) => ({ kind: "knative", spec }),
  );
  return {
    hpa: isService ? null : asHpa.at(hpa.minReplicas),
    keda: isService ? null : asKeda.lowestOrNull(),
    knative: query.metric === "requests_in_flight" ? asKnative.lowestOrNull() : null,
    fixedKnative,
  };
};

/** What a policy tells an HPA; null where no HPA decides. */
const hpaSpecOrNull = (policy: Policy): HpaSpec | null => {
  if (policy.kind === "manifest") return policy.autoscaler.kind === "hpa" ? policy.autoscaler.spec : null;
  return policy.kind === "hpa" ? hpaSpecOf(policy) : null;
};

/** The one metric that a pod is to have so much of; null where there are others. */
const queryOrNull = ({ metrics }: HpaSpec): { readonly metric: string; readonly text: string; readonly target: number } | null => {
  const [only, ...others] = metrics;
  const metric = only?.type === "Pods" ? fleetMetricOrNull(only.metric) : null;
  if (metric === null || others.length > 0) return null;
  return { metric, text: queryText({ aggregate: "sum", metric }), target: averageOf(only as Extract<HpaMetric, { type: "Pods" }>) };
};

const averageOf = ({ target }: Extract<HpaMetric, { type: "Pods" }>): number => Number(target.averageMilli) / 1000;

const kedaOf = (
  { maxReplicas, behavior }: HpaSpec,
  query: { readonly text: string; readonly target: number },
  floor: number,
): KedaSpec => ({
  ...KEDA_DEFAULTS,
  minReplicaCount: floor,
  maxReplicaCount: maxReplicas,
  behavior,
  triggers: [
    {
      type: "prometheus",
      query: query.text,
      threshold: query.target,
      activationThreshold: 0,
      metricType: "AverageValue",
      ignoreNullValues: false,
    },
  ],
});

/** The same target and limits; a fall must last as long as for the HPA. */
const knativeOf = ({ maxReplicas, behavior }: HpaSpec, target: number, floor: number, initialScale: number): KpaSpec => ({
  ...KPA_DEFAULTS,
  target,
  targetUtilizationPercent: 100,
  minScale: floor,
  maxScale: maxReplicas,
  initialScale,
  scaleDownDelay: behavior?.scaleDown?.stabilizationWindowSeconds ?? DOWNSCALE_STABILIZATION,
});

/**
 * The lowest floor that meets the objectives; takes it that a higher one is never worse. Null where none up to `most` does.
 *
 * @param guess tried first, and then the one below it
 */
const lowestFloorOrNull = (guess: number, most: number, meets: (floor: number) => boolean): number | null => {
  let misses = 0;
  let suffices = most + 1;
  let next = Math.min(guess, most);
  while (suffices - misses > 1) {
    if (meets(next)) suffices = next;
    else misses = next;
    next = suffices === guess ? guess - 1 : Math.floor((misses + suffices) / 2);
  }
  return suffices > most ? null : suffices;
};
