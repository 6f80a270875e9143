import type { Run } from "../fleet/run.ts";
import { answer } from "./answered.ts";
import { autoscalerPart } from "./autoscaler-part.ts";
import { basis } from "./basis.ts";
import { capacityPart } from "./capacity-part.ts";
import { frontierPart } from "./frontier-part.ts";
import { runNotes } from "./notes.ts";
import { questionOf, type PlanRequest } from "./question.ts";
import type { Plan } from "./schema.ts";

/** The answer, and the runs of the first seed behind it: what a person looks at to believe it. */
export interface PlanAnswer {
  readonly plan: Plan;
  /** The fixed fleet of the answer; the largest one tried where none was enough, null where it was shown that none is. */
  readonly fixed: Run | null;
  readonly autoscaler: Run | null;
}

/**
 * How much stable capacity: the smallest fixed number of replicas that meets the objectives, and beside it what a Kubernetes HPA
 * does on the same traffic (the scenario's own, or one derived from the answer).
 *
 * @throws InputError where the scenario and the device do not fit together, or the traffic is too little to have a rate
 */
export const plan = (request: PlanRequest): PlanAnswer => {
  const question = questionOf(request);
  const found = answer(request, question);
  const asked = basis(request, question, found.search);
  if (found.kind === "impossible") {
    const { because, best } = found;
    return {
      plan: {
        ...asked.fields,
        capacity: { kind: "impossible", because, best: best?.candidate ?? null },
        autoscaler: null,
        inputs: [...(asked.inputs ?? [])],
        notes: [...(asked.notes ?? [])],
      },
      fixed: best?.replications[0]?.run ?? null,
      autoscaler: null,
    };
  }
  const runs = found.search.replicationsOf(found.replicas);
  const capacity = capacityPart(found);
  const autoscaler = autoscalerPart(found);
  const frontier = request.hasFrontier === true ? frontierPart(found, autoscaler.fields.autoscaler) : null;
  return {
    plan: {
      ...asked.fields,
      ...frontier?.fields,
      ...capacity.fields,
      ...autoscaler.fields,
      inputs: [asked, autoscaler].flatMap(({ inputs = [] }) => inputs),
      notes: [...[capacity, autoscaler].flatMap(({ notes = [] }) => notes), ...runNotes(runs), ...(asked.notes ?? []), SEARCH_RULE],
    },
    fixed: runs[0]?.run ?? null,
    autoscaler: autoscaler.run,
  };
};

const SEARCH_RULE =
  "The search takes it that more replicas are never worse; the answer and the largest number that misses are both simulated.";
