import { CALM, replicaFailuresSchema, rollingUpdateSchema, type Churn } from "../../fleet/churn/settings.ts";
import { quantity } from "../../format.ts";
import { typicalStart } from "../../replica/cold-start/phase.ts";
import type { FleetSetup } from "../../scenario/resolve.ts";
import type { Request } from "../../traffic/request.ts";
import { toNanoseconds, toSeconds, type Seconds } from "../../units.ts";
import type { Hardship, Question } from "./question.ts";

/**
 * What a fleet that survives the loss of so many replicas goes through, one at a time, each on the same requests as without:
 *
 * - So many are gone from the beginning to the end: of what a policy wants, so many never serve. They are paid for.
 * - So many are lost at once in the middle of the busiest period, with all that they hold, which clients send again where the scenario has
 *   them do so. A loss is what the scenario's `failures.replica` says of one; otherwise the node is lost, and another replica starts cold
 *   on another one when Kubernetes has given it up, after 300 s.
 * - A rolling update begins with the busiest period, as the scenario's `rolling_update` has it, otherwise with Kubernetes' defaults.
 *
 * A node holds one replica, so losing a replica for good and losing a node are the same.
 */
export const hardships = (replicas: number): Hardship[] => [
  {
    name: `${quantity(replicas, "replica")} gone from the beginning`,
    applyTo: (setup) => withChurn(setup, ({ failures }) => ({ failures: { ...failures, gone: (failures?.gone ?? 0) + replicas } })),
  },
  {
    name: `${quantity(replicas, "replica")} lost when it is busiest`,
    applyTo: (setup, requests) =>
      withChurn(setup, ({ failures }) => {
        const { from, until } = busiestPeriod(requests, setup);
        const { at_s: at, ...loss } = failures?.replica ?? NODE_LOSS;
        return { failures: { ...failures, replica: { ...loss, at_s: [...at, ...Array<Seconds>(replicas).fill((from + until) / 2)] } } };
      }),
  },
  {
    name: "a rolling update when it is busiest",
    applyTo: (setup, requests) =>
      withChurn(setup, ({ rolling_update: update }) => ({
        rolling_update: { ...(update ?? KUBERNETES_UPDATE), at_s: busiestPeriod(requests, setup).from },
      })),
  },
];

/** The questions that a question comes to: itself, or where the fleet has to survive something, one for each hardship. */
export const questionsUnderHardship = (question: Question): readonly Question[] => {
  const { survive = 0 } = question.objectives;
  if (survive === 0 || question.hardship !== undefined) return [question];
  return hardships(survive).map((hardship) => ({ ...question, hardship }));
};

/** The fleet of a question with every hardship that it goes through somewhere: for what is said of the model, not to be simulated. */
export const setupUnderHardship = ({ setup, objectives: { survive = 0 } }: Question): FleetSetup =>
  survive === 0 ? setup : hardships(survive).reduce((fleet, { applyTo }) => applyTo(fleet, []), setup);

const NODE_LOSS = replicaFailuresSchema.parse({ recovery: "replace" });
const KUBERNETES_UPDATE = rollingUpdateSchema.parse({ at_s: 0 });

const withChurn = (setup: FleetSetup, changed: (churn: Churn) => Partial<Churn>): FleetSetup => {
  const { churn = CALM } = setup;
  return { ...setup, churn: { ...churn, ...changed(churn) } };
};

/** A period is no shorter. */
const SHORTEST: Seconds = 60;

/**
 * The time of so much as a typical cold start takes, a minute at least, in which the requests that arrive have most tokens, prompts and
 * outputs together; of equals the first. It begins with an arrival. Later requests of a session do not count: when they come depends on
 * the fleet.
 */
export const busiestPeriod = (
  requests: readonly Request[],
  { coldStart }: Pick<FleetSetup, "coldStart">,
): { readonly from: Seconds; readonly until: Seconds } => {
  const length = Math.max(SHORTEST, typicalStart(coldStart));
  let [tokens, next, most, from] = [0, 0, -1, 0];
  for (const { arrivedAt, promptTokens, outputTokens } of requests) {
    for (; next < requests.length && requests[next]!.arrivedAt < arrivedAt + toNanoseconds(length); next += 1) {
      tokens += requests[next]!.promptTokens + requests[next]!.outputTokens;
    }
    if (tokens > most) [most, from] = [tokens, arrivedAt];
    tokens -= promptTokens + outputTokens;
  }
  return { from: toSeconds(from), until: toSeconds(from) + length };
};
