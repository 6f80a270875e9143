import { initialReplicas, policyInWords, type Policy } from "../fleet/policy.ts";
import type { Run } from "../fleet/run.ts";
import { quantity } from "../format.ts";
import { policyOrigin, resolvePolicy } from "../scenario/policy.ts";
import { fixedCandidate } from "./fixed-candidate.ts";
import type { Piece } from "./piece.ts";
import type { PlanRequest } from "./question.ts";
import { Race } from "./racing.ts";
import { candidateOf, type Question } from "./replications.ts";

/** What runs today, simulated. */
export interface Today extends Piece<"today"> {
  /** Null where the user has written none. */
  readonly policy: Policy | null;
  /** On the first seed. */
  readonly run: Run | null;
}

const NAME = "what runs today";

/**
 * What the user's own policy does on the question's traffic: that of the manifests or the scenario, fixed ones too.
 *
 * @throws InputError where it asks for what is not there
 */
export const todayPart = ({ from, policyData = {} }: PlanRequest, question: Question): Today => {
  const policy = resolvePolicy(from, question.setup, policyData);
  if (policy === null) return { fields: { today: null }, policy, run: null };
  const { survive = 0 } = question.objectives;
  // Of fewer than may be gone nobody would be left to simulate.
  const gone = policy.kind === "fixed" && policy.replicas > survive ? survive : 0;
  const simulated = policy.kind === "fixed" ? { ...policy, replicas: policy.replicas - gone } : policy;
  const race = new Race(question);
  race.settle(simulated, NAME);
  const replications = race.replicationsOf(simulated, NAME);
  const candidate =
    policy.kind === "fixed" && gone > 0
      ? fixedCandidate(replications, question.objectives, policy.replicas)
      : candidateOf(replications, question.objectives);
  const isNobodyLeft = policy.kind === "fixed" && gone < survive;
  const note = isNobodyLeft
    ? `Today's ${quantity(policy.replicas, "replica")} are simulated with none gone: with ${survive} gone none would be left, which misses.`
    : `What runs today is simulated with no replica gone.`;
  return {
    fields: { today: isNobodyLeft ? { ...candidate, verdict: "misses" } : candidate },
    inputs: [
      { name: "today", value: `${policyInWords(policy)}, begins with ${initialReplicas(policy)}`, ...policyOrigin(from, policyData) },
    ],
    notes: survive > gone ? [note] : [],
    policy,
    run: replications[0]?.run ?? null,
  };
};
