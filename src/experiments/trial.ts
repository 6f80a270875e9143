import type { RequestRecord } from "../fleet/config.ts";
import { simulate } from "../fleet/simulate.ts";
import type { Experiment, Outcome, Regime } from "./experiment.ts";
import type { Lab } from "./lab.ts";

/** What the arms of a regime gave on one seed: by arm, the measures in the experiment's order. */
export type Trial = ReadonlyMap<string, readonly (number | null)[]>;

/** One seed of one regime: every arm on the same requests. Depends on nothing but what it is given. */
export const runTrial = ({ measures }: Pick<Experiment, "measures">, { demand, arms }: Regime, lab: Lab, seed: number): Trial => {
  const requests = lab.requests(demand, seed);
  const outcomes = new Map<string, Outcome>();
  const values = new Map<string, readonly (number | null)[]>();
  for (const arm of arms) {
    const variant = arm.variant(lab, outcomes);
    const records: RequestRecord[] = [];
    const own = arm.demand ?? demand;
    const { priorityOf, ...fleet } = variant;
    const asked = arm.demand === undefined ? requests : lab.requests(own, seed);
    const run = simulate(
      {
        ...lab.setup,
        ...fleet,
        seed,
        requests: priorityOf === undefined ? asked : asked.map((request) => ({ ...request, priority: priorityOf(request) })),
      },
      (record) => records.push(record),
    );
    const outcome = { lab, demand: own, variant, run, records };
    outcomes.set(arm.name, outcome);
    values.set(
      arm.name,
      measures.map((measure) => measure.of(outcome)),
    );
  }
  return values;
};
