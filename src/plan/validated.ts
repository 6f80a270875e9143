import { InputError } from "../errors.ts";
import { duration, limit, list, percent } from "../format.ts";
import type { FleetLatency, FleetRow, FleetValidation } from "../validation/fleet-schema.ts";
import { differenceOrNull, serverOf } from "../validation/server.ts";
import { basis } from "./basis.ts";
import { inWords, METRIC_NAMES } from "./objectives/in-words.ts";
import { questionOf, type PlanRequest } from "./plan-request.ts";
import { plan, type PlanAnswer } from "./plan.ts";
import { checkObjectives, onlyWith, type ObjectiveCheck } from "./validated-objectives.ts";

/**
 * A plan that stands on a validation of the same servers. Where the simulation has not reproduced what an objective is about, nothing is
 * searched for, and the plan says so in the place of a recommendation.
 *
 * @param place the validation's file
 * @throws InputError where the validation is of servers of another model, on another device, or set otherwise; and as `plan`
 */
export const planValidated = (request: PlanRequest, validation: FleetValidation, place: string): PlanAnswer => {
  const { device, from } = request;
  const refuse = (what: string, own: string, other: string): never => {
    throw new InputError(
      `${place}: ${what}`,
      `expected that of the plan, ${own}, got ${other}`,
      "Validate what you plan with: ballast validate --fleet FOLDER.",
    );
  };
  for (const what of ["model", "device"] as const) if (device[what] !== validation[what]) refuse(what, device[what], validation[what]);
  const question = questionOf(request);
  const difference = differenceOrNull(serverOf(question.setup), validation.server);
  if (difference !== null) refuse(`server, ${difference.name}`, difference.own, difference.other);
  const checks = checkObjectives(validation, from.scenario.objectives);
  const wrong = checks.filter(({ outcome }) => outcome === "not reproduced");
  const note = validatedNote(checks, validation, place);
  if (wrong.length === 0) {
    const answer = plan(request);
    return { ...answer, plan: { ...answer.plan, notes: [...answer.plan.notes, note] } };
  }
  const { fields, inputs = [], notes = [] } = basis(request, question, []);
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
