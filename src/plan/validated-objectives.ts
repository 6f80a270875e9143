import type { Objectives } from "../scenario/objectives.ts";
import type { FleetRow, FleetValidation } from "../validation/fleet-schema.ts";
import { objectivesOf, type LatencyObjective, type Objective } from "./objectives.ts";

/** Whether a simulation has shown that it can speak of an objective. */
export interface ObjectiveCheck {
  readonly objective: Objective;
  readonly outcome: "reproduced" | "not reproduced" | "not checked";
  /** What it was judged by: the percentile and the mean, where they are known. */
  readonly rows: readonly FleetRow[];
}

/**
 * Holds objectives against a validation: one on a latency is reproduced where its percentile is and its metric's mean is, since a bucket alone may hide
 * a factor of two. No metric tells priorities apart, so what all requests show can refute an objective of a class, and not confirm it. Of goodput,
 * rejections and ceilings a validation has no figure.
 */
export const checkObjectives = ({ rows }: Pick<FleetValidation, "rows">, objectives: Objectives): ObjectiveCheck[] =>
  objectivesOf(objectives).map((objective): ObjectiveCheck => {
    const judged = objective.kind === "latency" ? rowsFor(objective, rows) : [];
    const isWrong = judged.some((row) => !row.is_reproduced);
    const isKnown = objective.kind === "latency" && objective.scope === null && judged.some((row) => row.statistic !== "mean");
    return { objective, outcome: isWrong ? "not reproduced" : isKnown ? "reproduced" : "not checked", rows: judged };
  });

/** Its percentile and its mean. Of the time per output token, the mean over tokens stands in where that over requests is not there. */
const rowsFor = ({ metric, key }: LatencyObjective, rows: readonly FleetRow[]): FleetRow[] => {
  const own = rows.filter((row) => row.metric === metric && (row.statistic === "mean" || key === `${metric}_${row.statistic}_s`));
  return own.length > 0 || metric !== "tpot" ? own : rows.filter((row) => row.metric === "itl" && row.statistic === "mean");
};
