import { withObjectives, withoutOverruledDefaults, type Objectives } from "./objectives.ts";
import type { GivenScenario } from "./parse.ts";

/**
 * A scenario with other objectives in place of those of its own that they name, and without the defaults that they overrule.
 *
 * @param source whose word they are: `--slo`
 */
export const withAsked = (from: GivenScenario, asked: Partial<Objectives>, source: string): GivenScenario => {
  const given = new Map([...from.given, ...Object.keys(asked).map((key) => [`objectives.${key}`, source] as const)]);
  const objectives = withoutOverruledDefaults(withObjectives(from.scenario.objectives, asked), (key) => given.has(`objectives.${key}`));
  return { ...from, scenario: { ...from.scenario, objectives }, given };
};
