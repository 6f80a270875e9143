import type { Candidate, ObjectiveResult, Plan } from "../plan/schema.ts";
import { change, durationOrNever, gpuHours, limit, list, mean, objectiveName, percent, quantity, sentence } from "../format.ts";

/** What a plan says, in sentences: the same ones in a terminal and on a page. */

const target = ({ objective, limit_s }: ObjectiveResult): string => `${objectiveName(objective)} ≤ ${limit(limit_s)}`;
const outcome = ({ objective, value_s, limit_s }: ObjectiveResult): string =>
  `${objectiveName(objective)} ${durationOrNever(value_s)} against a limit of ${limit(limit_s)}`;

const replications = (candidate: Candidate, plan: Plan): string =>
  `${candidate.replications_met} of ${quantity(plan.seeds.length, "replication")}`;

/** What a candidate misses, value against limit; where every objective holds over all, in how many replications it did not. */
export const missSentence = (candidate: Candidate, plan: Plan): string => {
  const missed = candidate.objectives.filter(({ is_met }) => !is_met);
  return missed.length > 0 ? list(missed.map(outcome)) : `met in ${replications(candidate, plan)} only`;
};

/** The answer, in one sentence. */
export const answerSentence = (plan: Plan): string => {
  const { capacity, model, device } = plan;
  switch (capacity.kind) {
    case "found":
      return `${quantity(capacity.replicas, "replica")} of ${model} on ${device} ${capacity.replicas === 1 ? "meets" : "meet"} ${list(capacity.candidate.objectives.map(target))}, in ${replications(capacity.candidate, plan)}.`;
    case "impossible":
      return `No number of replicas of ${model} on ${device} meets the objectives: ${capacity.because}.`;
    default:
      return capacity satisfies never;
  }
};

/** Why the answer is not one fewer. */
export const whyNotFewerSentence = (plan: Plan): string => {
  const { capacity } = plan;
  if (capacity.kind === "impossible") {
    return capacity.best === null ? "" : `Closest: ${capacity.best.policy}, ${missSentence(capacity.best, plan)}.`;
  }
  if (capacity.one_fewer === null) return "Not fewer: one replica is enough.";
  const fewer = capacity.replicas - 1;
  return `Not fewer: ${quantity(fewer, "replica")} ${fewer === 1 ? "misses" : "miss"}, ${missSentence(capacity.one_fewer, plan)}.`;
};

/** How far the capacity stands from the mean load. */
export const headroomSentenceOrNull = ({ capacity }: Plan): string | null => {
  if (capacity.kind === "impossible") return null;
  const { headroom_over_mean: headroom } = capacity;
  return `Headroom: capacity is ${percent(Math.abs(headroom))} ${headroom < 0 ? "below" : "above"} the mean load.`;
};

/** What the autoscaler does on the same traffic, against the fixed fleet. */
export const autoscalerSentenceOrNull = (plan: Plan): string | null => {
  const { autoscaler, capacity } = plan;
  if (autoscaler === null) return null;
  const verdict = autoscaler.meets ? "meets the objectives" : `misses: ${missSentence(autoscaler, plan)}`;
  const fixed = capacity.kind === "found" ? capacity.candidate : capacity.best;
  const hours =
    fixed === null || fixed.gpu_hours === 0
      ? `${gpuHours(autoscaler.gpu_hours)} GPU-hours`
      : `${gpuHours(autoscaler.gpu_hours)} GPU-hours (${change(autoscaler.gpu_hours / fixed.gpu_hours - 1)} against fixed)`;
  return `On the same traffic the autoscaler ${verdict}; it takes ${hours} and ${quantity(autoscaler.scale_events, "scale event")}.`;
};

/** How sure: what was repeated, and that no interval is claimed from it. */
export const confidenceSentence = (plan: Plan): string =>
  plan.seeds.length === 1
    ? `One simulation (seed ${plan.seeds[0] ?? 0}): no other draw was tried.`
    : `${sentence(quantity(plan.seeds.length, "replication"))} with seeds ${list(plan.seeds.map(String))}; "meets" means in every one. No interval is stated.`;

/** Which numbers of replicas were tried, and how each fared: `4 no, 5 no, 6 yes`. */
export const triedSentence = (plan: Plan): string =>
  [...plan.tried]
    .sort((a, b) => a.replicas - b.replicas)
    .map(({ replicas, meets }) => `${replicas} ${meets ? "yes" : "no"}`)
    .join(", ");

export interface NamedCandidate {
  readonly name: string;
  readonly candidate: Candidate;
}

/** The policies worth comparing, under names short enough for a table; the fixed fleet first. */
export const comparedCandidates = (plan: Plan): NamedCandidate[] => {
  const { capacity, autoscaler } = plan;
  const fixed = (candidate: Candidate | null): NamedCandidate[] =>
    candidate === null ? [] : [{ name: `fixed ${candidate.replicas.max}`, candidate }];
  return [
    ...(capacity.kind === "found" ? [...fixed(capacity.candidate), ...fixed(capacity.one_fewer)] : fixed(capacity.best)),
    ...(autoscaler === null ? [] : [{ name: "autoscaler", candidate: autoscaler }]),
  ];
};

/** `6`, or `1–9, mean 4.2` where it changed. */
export const replicaRange = ({ replicas: { min, max, mean: average } }: Candidate): string =>
  min === max ? String(max) : `${min}–${max}, mean ${mean(average)}`;
