import { initialReplicas, policyInWords, type Policy } from "../fleet/policy.ts";
import type { Run } from "../fleet/run.ts";
import { policyOrigin, resolvePolicy } from "../scenario/policy.ts";
import type { Piece } from "./piece.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Question } from "./search/question.ts";
import { Race } from "./search/racing.ts";
import { candidateOf } from "./search/replications.ts";

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
  const race = new Race(question);
  race.settle(policy, NAME);
  const replications = race.replicationsOf(policy, NAME);
  return {
    fields: { today: candidateOf(replications, question.objectives) },
    inputs: [
      { name: "today", value: `${policyInWords(policy)}, begins with ${initialReplicas(policy)}`, ...policyOrigin(from, policyData) },
    ],
    policy,
    run: replications[0]?.run ?? null,
  };
};
