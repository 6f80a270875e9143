import { InputError } from "../errors.ts";
import { duration, limit, list, percent } from "../format.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { checkObjectives, type ObjectiveCheck } from "../validation/fleet-objectives.ts";
import type { FleetRow, FleetValidation } from "../validation/fleet-schema.ts";
import { METRIC_NAMES } from "./objectives.ts";
import type { PlanAnswer } from "./plan.ts";

/**
 * A plan beside a validation of the same model on the same device: where the simulation has not reproduced what an objective is about, there is no
 * recommendation, and the plan says so in its place.
 *
 * @param place the validation's file
 * @throws InputError where the validation is of another model or device
 */
export const withValidation = (answer: PlanAnswer, validation: FleetValidation, objectives: Objectives, place: string): PlanAnswer => {
  const { plan } = answer;
  for (const what of ["model", "device"] as const) {
    if (plan[what] === validation[what]) continue;
    throw new InputError(
      place,
      `expected a validation on ${plan[what]}, as the plan's ${what}, got one on ${validation[what]}`,
      "Validate what you plan with: ballast validate --fleet …",
    );
  }
  const checks = checkObjectives(validation, objectives);
  const wrong = checks.filter(({ outcome }) => outcome === "not reproduced");
  const notes = [...plan.notes, validatedNote(checks, validation, place)];
  if (wrong.length === 0) return { ...answer, plan: { ...plan, notes } };
  const { hybrid: _hybrid, frontier: _frontier, levers: _levers, sensitivity: _sensitivity, ...rest } = plan;
  return {
    plan: {
      ...rest,
      capacity: { kind: "not-reproduced", because: list(wrong.map(becauseOf)), best: null },
      autoscaler: null,
      tried: [],
      notes,
    },
    fixed: null,
    today: answer.today,
    autoscaler: null,
    found: null,
    policies: { today: answer.policies.today, autoscaler: null, hybrid: null },
  };
};

const nameOf = ({ metric, percentile, limit: most }: ObjectiveCheck): string => `${METRIC_NAMES[metric]} ${percentile} ≤ ${limit(most)}`;

const becauseOf = (check: ObjectiveCheck): string =>
  `${nameOf(check)} (${list(check.rows.filter((row) => !row.is_reproduced).map(rowInWords))})`;

const rowInWords = ({ metric, statistic, observed: { low, high }, simulated: { value } }: FleetRow): string => {
  const seen = low === high ? duration(low) : high === null ? `above ${limit(low)}` : `${limit(low)} to ${limit(high)}`;
  return `${metric === "itl" ? "ITL" : METRIC_NAMES[metric as "ttft"]} ${statistic} observed ${seen}, simulated ${duration(value)}`;
};

const validatedNote = (
  checks: readonly ObjectiveCheck[],
  { tolerance, begins, lasts_s: lasts }: FleetValidation,
  place: string,
): string => {
  const of = (outcome: ObjectiveCheck["outcome"]): string[] => checks.filter((check) => check.outcome === outcome).map(nameOf);
  const parts = (["reproduced", "not reproduced", "not checked"] as const).flatMap((outcome) =>
    of(outcome).length === 0 ? [] : [`${outcome}: ${list(of(outcome))}`],
  );
  return `Validated on ${limit(lasts)} of the user's own fleet from ${begins} on, to within ${percent(tolerance)} (${place}); ${parts.join("; ")}.`;
};
