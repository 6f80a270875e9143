import { list, plain } from "../format.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { isReproduced } from "../validation/fleet-rows.ts";
import type { FleetRow, FleetValidation } from "../validation/fleet-schema.ts";
import { objectivesOf, type LatencyObjective, type Objective } from "./objectives/objectives.ts";

/** Whether a simulation has shown that it can speak of an objective. */
export interface ObjectiveCheck {
  readonly objective: Objective;
  readonly outcome: "reproduced" | "not reproduced" | "not checked";
  /** The burstinesses with which all its figures are reproduced. */
  readonly cvs: readonly number[];
  /** What speaks against one that is not: figures that are not reproduced; all of them, where none is with the burstiness of another. */
  readonly against: readonly FleetRow[];
}

/**
 * Holds objectives against a validation: one on a latency is reproduced where its percentile is and its metric's mean is, with one burstiness, since a
 * bucket alone may hide a factor of two. No metric tells priorities apart, so what all requests show can refute an objective of a class, and not confirm
 * it. Of goodput, rejections and ceilings a validation has no figure.
 */
export const checkObjectives = ({ rows }: Pick<FleetValidation, "rows">, objectives: Objectives): ObjectiveCheck[] =>
  objectivesOf(objectives).map((objective): ObjectiveCheck => {
    const judged = objective.kind === "latency" ? rowsFor(objective, rows) : [];
    const cvs = (judged[0]?.reproduced_with ?? []).filter((cv) => judged.every((row) => row.reproduced_with.includes(cv)));
    if (judged.length > 0 && cvs.length === 0) {
      const wrong = judged.filter((row) => !isReproduced(row));
      return { objective, outcome: "not reproduced", cvs, against: wrong.length > 0 ? wrong : judged };
    }
    const isKnown = objective.kind === "latency" && objective.scope === null && judged.some((row) => row.statistic !== "mean");
    return { objective, outcome: isKnown ? "reproduced" : "not checked", cvs, against: [] };
  });

/** Its percentile and its mean. Of the time per output token, the mean over tokens stands in where that over requests is not there. */
const rowsFor = ({ metric, key }: LatencyObjective, rows: readonly FleetRow[]): FleetRow[] => {
  const own = rows.filter((row) => row.metric === metric && (row.statistic === "mean" || key === `${metric}_${row.statistic}_s`));
  return own.length > 0 || metric !== "tpot" ? own : rows.filter((row) => row.metric === "itl" && row.statistic === "mean");
};

/** That what is reproduced is so with other gaps than the scenario's; nothing where it is with those, or is not at all. */
export const onlyWith = (cvs: readonly number[], own: number): string =>
  cvs.length === 0 || cvs.includes(own) ? "" : `, with gaps of coefficient of variation ${list(cvs.map((cv) => plain(cv)))} only`;
