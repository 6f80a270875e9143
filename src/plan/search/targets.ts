import type { Policy } from "../../fleet/policy.ts";
import type { Question } from "./question.ts";
import { atSteadyRate, steadyStream } from "./sustained-rate.ts";

export type Hpa = Extract<Policy, { kind: "hpa" }>;

/** What is known of the fixed answer. */
export interface FixedAnswer {
  readonly replicas: number;
  /** The steady rate that so many sustain, in requests per second. */
  readonly sustained: number;
  /** Of the traffic, in requests per second. */
  readonly meanRate: number;
}

/** Requests in flight a replica at a share of the rate that it sustains, to a tenth: Little's law, later requests of sessions included. */
export const targetOf = (question: Question, { replicas, sustained }: FixedAnswer, share: number): number => {
  const rate = share * sustained;
  const { latency, requests } = atSteadyRate(question, replicas, rate).run;
  const ofEach = requests.arrived / steadyStream(question, rate).length;
  const inFlight = (rate * ofEach * (latency.end_to_end_s?.mean ?? 0)) / replicas;
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
