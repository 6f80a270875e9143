import { initialReplicas, policyInWords, type Policy } from "../fleet/policy.ts";
import { NotModelledError, orNotModelled } from "../errors.ts";
import type { Run } from "../fleet/run.ts";
import { isOfManifests, policyOrigin, resolvePolicy } from "../scenario/policy.ts";
import type { Piece } from "./piece.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Question } from "./search/question.ts";
import { Race } from "./search/racing.ts";
import { candidateOf } from "./search/replications.ts";

/** What runs today, simulated. */
export interface Today extends Piece<"today" | "today_is" | "today_left_out"> {
  /** Null where the user has written none, or it is not modelled. */
  readonly policy: Policy | null;
  /** On the first seed. */
  readonly run: Run | null;
  /** What is wrong with its settings. */
  readonly cautions?: readonly string[];
}

/** What the user's policy is called: only manifests say what runs. */
export const nameOfToday = (from: PlanRequest["from"], policyData: PlanRequest["policyData"] = {}): string =>
  isOfManifests(from, policyData) ? "what runs today" : "the scenario's policy";

/**
 * What the user's own policy does on the question's traffic: that of the manifests or the scenario, fixed ones too. One that follows what no
 * simulated fleet has is left out, with the reason: the answer itself does without it.
 *
 * @throws InputError where it asks for what is not there
 */
export const todayPart = ({ from, policyData = {} }: PlanRequest, question: Question): Today => {
  const policy = orNotModelled(() => resolvePolicy(from, question.setup, policyData));
  if (policy instanceof NotModelledError) {
    const name = policyData.manifest?.autoscaler?.name ?? "the policy";
    return { fields: { today: null, today_left_out: leftOut(name, policy) }, policy: null, run: null };
  }
  if (policy === null) return { fields: { today: null }, policy, run: null };
  const race = new Race(question);
  const called = nameOfToday(from, policyData);
  race.settle(policy, called);
  const replications = race.replicationsOf(policy, called);
  return {
    fields: {
      today: candidateOf(replications, question.objectives),
      today_is: isOfManifests(from, policyData) ? "running" : "scenario",
    },
    inputs: [
      { name: "today", value: `${policyInWords(policy)}, begins with ${initialReplicas(policy)}`, ...policyOrigin(from, policyData) },
    ],
    policy,
    run: replications[0]?.run ?? null,
    cautions: replications[0]?.run.cautions ?? [],
  };
};

const leftOut = (name: string, { follows, place, nextStep }: NotModelledError): string =>
  `What runs today (${name}) is left out: it follows ${follows}, which is not modelled (${place}). ${nextStep} Or name the manifests in the scenario, and beside them what it keeps on average, such as policy: { kind: fixed, replicas: 4 }.`;
