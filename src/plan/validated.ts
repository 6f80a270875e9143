import { InputError } from "../errors.ts";
import { duration, limit, list, percent } from "../format.ts";
import type { FleetLatency, FleetRow, FleetValidation } from "../validation/fleet-schema.ts";
import { basis } from "./basis.ts";
import { inWords, METRIC_NAMES } from "./objectives.ts";
import { plan, type PlanAnswer } from "./plan.ts";
import { questionOf, type PlanRequest } from "./question.ts";
import { checkObjectives, onlyWith, type ObjectiveCheck } from "./validated-objectives.ts";

/**
 * A plan that stands on a validation of the same model on the same device. Where the simulation has not reproduced what an objective is about, nothing is
 * searched for, and the plan says so in the place of a recommendation.
 *
 * @param place the validation's file
 * @throws InputError where the validation is of another model or device; and as `plan`
 */
export const planValidated = (request: PlanRequest, validation: FleetValidation, place: string): PlanAnswer => {
  const { device, from } = request;
  for (const [what, own] of [
    ["model", device.model],
    ["device", device.device],
  ] as const) {
    if (own === validation[what]) continue;
    throw new InputError(
      `${place}: ${what}`,
      `expected that of the plan, ${own}, got ${validation[what]}`,
      "Validate what you plan with: ballast validate --fleet FOLDER.",
    );
  }
  const checks = checkObjectives(validation, from.scenario.objectives);
  const wrong = checks.filter(({ outcome }) => outcome === "not reproduced");
  const note = validatedNote(checks, validation, place);
  if (wrong.length === 0) {
    const answer = plan(request);
    return { ...answer, plan: { ...answer.plan, notes: [...answer.plan.notes, note] } };
  }
  const { fields, inputs = [], notes = [] } = basis(request, questionOf(request), []);
  return {
    plan: {
      ...fields,
      capacity: { kind: "not-reproduced", because: list(wrong.map(becauseOf)), best: null },
      autoscaler: null,
      inputs: [...inputs],
      notes: [...notes, note],
    },
    fixed: null,
    today: null,
    autoscaler: null,
    found: null,
    policies: { today: null, autoscaler: null, hybrid: null },
  };
};

const becauseOf = (check: ObjectiveCheck): string => `${inWords(check.objective)} (${list(check.against.map(rowInWords))})`;

const rowInWords = ({ metric, statistic, observed: { low, high }, simulated, reproduced_with: cvs }: FleetRow): string => {
  const seen = low === high ? duration(low) : high === null ? `above ${limit(low)}` : `${limit(low)} to ${limit(high)}`;
  return `${METRIC_NAMES[metric as FleetLatency]} ${statistic} observed ${seen}, simulated ${duration(simulated[0]!.mean)}${onlyWith(cvs, simulated[0]!.cv)}`;
};

const validatedNote = (
  checks: readonly ObjectiveCheck[],
  { tolerance, begins, lasts_s: lasts, cvs: [own] }: FleetValidation,
  place: string,
): string => {
  const wordsOf = ({ objective, cvs }: ObjectiveCheck): string => `${inWords(objective)}${onlyWith(cvs, own!)}`;
  const of = (outcome: ObjectiveCheck["outcome"]): string[] => checks.filter((check) => check.outcome === outcome).map(wordsOf);
  const parts = (["reproduced", "not reproduced", "not checked"] as const).flatMap((outcome) =>
    of(outcome).length === 0 ? [] : [`${outcome}: ${list(of(outcome))}`],
  );
  return `Validated on ${limit(lasts)} of the user's own fleet from ${begins} on, to within ${percent(tolerance)} (${place}); ${parts.join("; ")}.`;
};
