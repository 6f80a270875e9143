import type { Run } from "../fleet/run.ts";
import { initialReplicas, policyInWords, type Policy } from "../fleet/policy.ts";
import type { Answered } from "./answered.ts";
import { suggestedHpa, TARGET_RULE } from "./search/autoscaler.ts";
import type { Piece } from "./piece.ts";
import { Race } from "./search/racing.ts";
import { candidateOf } from "./search/replications.ts";

/** What an autoscaler does on the same traffic. */
export interface Suggested extends Piece<"autoscaler"> {
  readonly policy: Policy | null;
  /** On the first seed. */
  readonly run: Run | null;
}

const NAME = "the autoscaler";
const NONE: Suggested = { fields: { autoscaler: null }, policy: null, run: null };

/** The HPA derived from the fixed answer, on the same traffic; none where an autoscaler runs today, or no rate is sustained. */
export const autoscalerPart = ({ question, serving }: Answered, today: Policy | null): Suggested => {
  if (serving.sustained === 0 || (today !== null && today.kind !== "fixed")) return NONE;
  const policy = suggestedHpa(question, serving);
  const race = new Race(question);
  race.settle(policy, NAME);
  const replications = race.replicationsOf(policy, NAME);
  return {
    fields: { autoscaler: candidateOf(replications, question.objectives) },
    inputs: [
      {
        name: "autoscaler",
        value: `${policyInWords(policy)}, begins with ${initialReplicas(policy)}`,
        origin: "assumed",
        source: "derived from the fixed answer",
      },
    ],
    notes: [TARGET_RULE],
    policy,
    run: replications[0]?.run ?? null,
  };
};
