import type { Policy } from "../fleet/policy.ts";
import { Race } from "./racing.ts";
import type { Question, Replication } from "./replications.ts";
import { atSteadyRate } from "./sustained-rate.ts";

type Hpa = Extract<Policy, { kind: "hpa" }>;

/** Shares of the rate that a replica sustains which the autoscaler is told to fill, the cheapest first. */
const TARGET_SHARES = [0.8, 0.65, 0.5] as const;

/** A floor with an autoscaler on top that meets the objectives. */
export interface Hybrid {
  readonly policy: Hpa;
  readonly replications: readonly Replication[];
}

/** What is known of the fixed answer. */
export interface FixedAnswer {
  readonly replicas: number;
  /** The steady rate that so many sustain, in requests per second. */
  readonly sustained: number;
  /** Of the traffic, in requests per second. */
  readonly meanRate: number;
}

/**
 * Floors with a Kubernetes HPA on top, on requests in flight: for each of three targets the lowest floor below the fixed answer with which the
 * objectives are met. Takes it that a higher floor is never worse; a target without such a floor has none.
 *
 * A target is what a replica of the fixed fleet holds in flight at a share of the rate that it sustains (Little's law, by a simulation at that rate).
 */
export const hybrids = (question: Question, fixed: FixedAnswer): Hybrid[] => {
  const race = new Race(question);
  return TARGET_SHARES.flatMap((share): Hybrid[] => {
    const target = targetOf(question, fixed, share);
    const policyOf = (floor: number): Hpa => hpaOf(fixed, share, target, floor);
    const nameOf = (floor: number): string => `floor ${floor}, target ${target}`;
    const meets = (floor: number): boolean => race.decide(policyOf(floor), nameOf(floor)) === "meets";
    let misses = 0;
    let suffices = fixed.replicas - 1;
    if (suffices < 1 || !meets(suffices)) return [];
    while (suffices - misses > 1) {
      const middle = Math.floor((misses + suffices) / 2);
      if (meets(middle)) suffices = middle;
      else misses = middle;
    }
    return [{ policy: policyOf(suffices), replications: race.replicationsOf(policyOf(suffices), nameOf(suffices)) }];
  });
};

/** Requests in flight a replica at a share of the rate that it sustains, to a tenth. */
export const targetOf = (question: Question, { replicas, sustained }: FixedAnswer, share: number): number => {
  const rate = share * sustained;
  const inFlight = (rate * (atSteadyRate(question, replicas, rate).run.latency.end_to_end_s?.mean ?? 0)) / replicas;
  return Math.max(0.1, Math.floor(inFlight * 10 + 0.5) / 10);
};

/** An HPA from a floor to twice the fixed number that begins with what its target asks for at the mean rate. */
export const hpaOf = ({ replicas, sustained, meanRate }: FixedAnswer, share: number, target: number, floor: number): Hpa => ({
  kind: "hpa",
  min_replicas: floor,
  max_replicas: 2 * replicas,
  metric: "requests_in_flight",
  target_average: target,
  initial_replicas: Math.min(2 * replicas, Math.max(floor, Math.ceil((meanRate * replicas) / (share * sustained)))),
});
