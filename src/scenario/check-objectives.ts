import { InputError } from "../errors.ts";
import { list } from "../format.ts";
import type { Request, Work } from "../traffic/request.ts";
import type { GivenScenario } from "./parse.ts";

/**
 * Refuses objectives that nothing in the scenario could be held against.
 *
 * @throws InputError where one is for a class of requests that the traffic does not have, or on a cost without prices
 */
export const checkObjectives = (from: GivenScenario, requests: Iterable<Request>): void => {
  checkClasses(from, requests);
  const { scenario, place } = from;
  if (scenario.objectives.cost_per_h === undefined || scenario.prices !== undefined) return;
  throw new InputError(
    placeOf(from, "cost_per_h"),
    "expected prices beside a ceiling on the cost, got none",
    `Give them in ${place.endsWith("aml") || place.endsWith("json") ? place : "a scenario (ballast init)"}: prices: { reserved_per_gpu_hour: 2, on_demand_per_gpu_hour: 4 }.`,
  );
};

const placeOf = ({ given, place }: GivenScenario, key: string): string =>
  given.get(`objectives.${key}`) === "--slo" ? "--slo" : `${place}: objectives.${key}`;

const checkClasses = (from: GivenScenario, requests: Iterable<Request>): void => {
  const { classes = [] } = from.scenario.objectives;
  if (classes.length === 0) return;
  const present = new Set<number>();
  for (const request of requests) {
    for (let work: Work | undefined = request; work !== undefined; work = work.next) present.add(work.priority ?? 0);
  }
  const lacking = classes.find(({ priority }) => !present.has(priority));
  if (lacking === undefined) return;
  const all = [...present].sort((a, b) => a - b).map(String);
  throw new InputError(
    placeOf(from, "classes"),
    `expected a priority that the traffic has, ${list(all)}, got ${lacking.priority}`,
    all.length > 1
      ? "Name one of them."
      : "Give the requests priorities: a CSV trace, or one of vLLM, can have a column of them; or leave the class out.",
  );
};
