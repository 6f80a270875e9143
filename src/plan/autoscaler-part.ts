import type { Run } from "../fleet/run.ts";
import { initialReplicas, policyInWords, type Policy } from "../fleet/policy.ts";
import type { Input } from "../provenance.ts";
import { policyOrigin, resolvePolicy } from "../scenario/policy.ts";
import type { Answered } from "./answered.ts";
import { suggestedHpa, TARGET_RULE } from "./autoscaler.ts";
import type { Piece } from "./piece.ts";
import type { PlanRequest } from "./question.ts";
import { candidateOf } from "./replications.ts";
import { Race } from "./racing.ts";

/** What an autoscaler does on the same traffic: the user's own, or one derived from the fixed answer. */
export const autoscalerPart = ({ request, question, serving }: Answered): Piece<"autoscaler"> & { readonly run: Run | null } => {
  const written = resolvePolicy(request.from, question.setup, request.policyData);
  const own = written?.kind === "fixed" ? null : written;
  const policy = own ?? (serving.sustained > 0 ? suggestedHpa(question, serving) : null);
  if (policy === null) return { fields: { autoscaler: null }, run: null };
  const race = new Race(question);
  race.settle(policy, "the autoscaler");
  const replications = race.replicationsOf(policy, "the autoscaler");
  const { survive = 0 } = question.objectives;
  return {
    fields: { autoscaler: candidateOf(replications, question.objectives) },
    inputs: [autoscalerInput(request, policy, own !== null)],
    notes: [
      ...(own === null ? [TARGET_RULE] : []),
      ...(survive > 0 ? ["The autoscaler, and a floor with one on top, are simulated with no replica gone."] : []),
    ],
    run: replications[0]?.run ?? null,
  };
};

const autoscalerInput = ({ from, policyData = {} }: PlanRequest, policy: Policy, isOwn: boolean): Input => ({
  name: "autoscaler",
  value: `${policyInWords(policy)}, begins with ${initialReplicas(policy)}`,
  ...(isOwn ? policyOrigin(from, policyData) : { origin: "assumed", source: "derived from the fixed answer" }),
});
