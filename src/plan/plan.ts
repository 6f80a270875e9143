import type { Policy } from "../fleet/policy.ts";
import type { Run } from "../fleet/run.ts";
import { answer } from "./answered.ts";
import { autoscalerPart } from "./autoscaler-part.ts";
import { basis } from "./basis.ts";
import { capacityPart, intervalOf } from "./capacity-part.ts";
import { frontierPart } from "./frontier-part.ts";
import { leversPart } from "./levers/levers-part.ts";
import { runNotes } from "./notes.ts";
import { questionOf, type PlanRequest } from "./plan-request.ts";
import type { Plan } from "./schema.ts";
import { sensitivityPart } from "./sensitivity/sensitivity-part.ts";
import { Stages } from "./stages.ts";
import { nameOfToday, todayPart, type Today } from "./today-part.ts";
import type { FoundAnswer } from "./written-policies.ts";

/** The answer, and the runs of the first seed behind it: what a person looks at to believe it. */
export interface PlanAnswer {
  readonly plan: Plan;
  /** The fixed fleet of the answer; the largest one tried where none was enough, null where it was shown that none is. */
  readonly fixed: Run | null;
  /** What runs today; null where the user has not said. */
  readonly today: Run | null;
  /** The suggested HPA; null where there is none. */
  readonly autoscaler: Run | null;
  /** What it takes to simulate other policies on the same question; null where there is no answer. */
  readonly found: FoundAnswer | null;
  /** The policies behind the plan's words; null where it names none. */
  readonly policies: Readonly<Record<"today" | "autoscaler" | "hybrid", Policy | null>>;
}

/**
 * How much stable capacity: what runs today, the smallest fixed number of replicas that meets the objectives, and beside it what a
 * Kubernetes HPA derived from it does on the same traffic.
 *
 * @throws InputError where the scenario and the device do not fit together, or the traffic is too little to have a rate
 */
export const plan = (request: PlanRequest): PlanAnswer => {
  const stages = new Stages(stagesOf(request), request.onProgress ?? (() => {}));
  const question = questionOf(request, (what) => stages.tell(what));
  const today = stages.run(nameOfToday(request.from, request.policyData), () => todayPart(request, question));
  const found = stages.run("the smallest number", () => answer(request, question));
  const asked = withCautions(basis(request, question, found.search.tried), today);
  if (found.kind === "impossible") {
    const { because, best } = found;
    return {
      plan: {
        ...asked.fields,
        ...today.fields,
        capacity: { kind: "impossible", because, best: best?.candidate ?? null },
        autoscaler: null,
        inputs: [asked, today].flatMap(({ inputs = [] }) => inputs),
        notes: [today, asked].flatMap(({ notes = [] }) => notes),
      },
      fixed: best?.replications[0]?.run ?? null,
      today: today.run,
      autoscaler: null,
      found: null,
      policies: { today: today.policy, autoscaler: null, hybrid: null },
    };
  }
  const interval = stages.run("how sure", () => intervalOf(found));
  const capacity = stages.run("how much it takes", () => capacityPart(found, interval));
  const autoscaler = stages.run("an autoscaler", () => autoscalerPart(found, today.policy));
  const frontier = request.hasFrontier === true ? stages.run("floors", () => frontierPart(found, today, autoscaler)) : null;
  const levers = request.hasLevers === true ? stages.run("levers", () => leversPart(found, today.policy, autoscaler.policy)) : null;
  const sensitivity =
    request.sensitivity === undefined
      ? null
      : stages.run("what would change it", () => sensitivityPart(found, capacity.fields.capacity, frontier?.usual));
  const runs = found.search.replicationsOf(found.replicas);
  return {
    plan: {
      ...asked.fields,
      ...today.fields,
      ...capacity.fields,
      ...autoscaler.fields,
      ...frontier?.fields,
      ...levers?.fields,
      ...sensitivity?.fields,
      inputs: [asked, today, autoscaler].flatMap(({ inputs = [] }) => inputs),
      notes: [
        ...[capacity, today, autoscaler].flatMap(({ notes = [] }) => notes),
        ...(sensitivity?.notes ?? []),
        ...runNotes(runs),
        ...(asked.notes ?? []),
        SEARCH_RULE,
      ],
    },
    fixed: runs[0]?.run ?? null,
    today: today.run,
    autoscaler: autoscaler.run,
    found: {
      question: frontier?.question ?? question,
      replicas: found.replicas,
      hybrid: frontier?.policy ?? null,
      pool: frontier?.pool ?? null,
    },
    policies: { today: today.policy, autoscaler: autoscaler.policy, hybrid: frontier?.policy ?? null },
  };
};

/** What is asked, with what is wrong with today's settings before what limits the answer. */
const withCautions = (asked: ReturnType<typeof basis>, { cautions = [] }: Today): ReturnType<typeof basis> =>
  cautions.length === 0 ? asked : { ...asked, fields: { ...asked.fields, cautions: [...cautions, ...(asked.fields.cautions ?? [])] } };

/** In the order in which they come. */
const stagesOf = ({ from, policyData, hasFrontier = false, hasLevers = false, sensitivity }: PlanRequest): string[] => [
  ...(from.scenario.policy === undefined && policyData?.manifest === undefined ? [] : [nameOfToday(from, policyData)]),
  "the smallest number",
  "how sure",
  "how much it takes",
  "an autoscaler",
  ...(hasFrontier ? ["floors"] : []),
  ...(hasLevers ? ["levers"] : []),
  ...(sensitivity === undefined ? [] : ["what would change it"]),
];

const SEARCH_RULE =
  "The search takes it that more replicas are never worse; the answer and the largest number that misses are both simulated.";
