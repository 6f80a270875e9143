import type { Policy } from "../fleet/policy.ts";
import { percent } from "../format.ts";
import type { Question } from "./replications.ts";
import { atSteadyRate } from "./sustained-rate.ts";

type Hpa = Extract<Policy, { kind: "hpa" }>;

/** How much of the rate that a replica sustains the autoscaler is told to fill. */
const TARGET_SHARE = 0.8;

export const TARGET_RULE = `The autoscaler's target is what a replica of the fixed fleet holds in flight at ${percent(TARGET_SHARE)} of the steady rate that the fleet sustains; it may go from 1 to twice the fixed number, and begins with what its target asks for at the mean rate.`;

/**
 * The HPA that someone who knew the fixed answer would write, Kubernetes' defaults for all else: see `TARGET_RULE`. Requests in flight come
 * from a simulation at that rate, by Little's law.
 *
 * @param fixed the smallest fixed number of replicas that meets the objectives
 * @param sustained the steady rate that so many sustain, in requests per second
 * @param meanRate of the traffic, in requests per second
 */
export const suggestedHpa = (question: Question, fixed: number, sustained: number, meanRate: number): Hpa => {
  const rate = TARGET_SHARE * sustained;
  const inFlight = (rate * (atSteadyRate(question, fixed, rate).run.latency.end_to_end_s?.mean ?? 0)) / fixed;
  return {
    kind: "hpa",
    min_replicas: 1,
    max_replicas: 2 * fixed,
    metric: "requests_in_flight",
    target_average: Math.max(0.1, Math.floor(inFlight * 10 + 0.5) / 10),
    initial_replicas: Math.min(2 * fixed, Math.max(1, Math.ceil((meanRate * fixed) / rate))),
  };
};
