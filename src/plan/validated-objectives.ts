import { LATENCIES, PERCENTILES, type LatencyMetric, type Objectives, type Percentile } from "../scenario/objectives.ts";
import type { Seconds } from "../units.ts";
import type { FleetRow, FleetValidation } from "./fleet-schema.ts";

/** Whether a simulation has shown that it can speak of an objective. */
export interface ObjectiveCheck {
  readonly metric: LatencyMetric;
  readonly percentile: Percentile;
  readonly limit: Seconds;
  readonly outcome: "reproduced" | "not reproduced" | "not checked";
  /** What it was judged by: the percentile and the mean, where they are known. */
  readonly rows: readonly FleetRow[];
}

/**
 * Holds the latency objectives against a validation: one is reproduced where its percentile is and its metric's mean is, since a bucket alone may hide a
 * factor of two. Of the time per output token, the mean over tokens stands in where that over requests is not there.
 */
export const checkObjectives = ({ rows }: Pick<FleetValidation, "rows">, objectives: Objectives): ObjectiveCheck[] =>
  LATENCIES.flatMap((metric) =>
    (Object.keys(PERCENTILES) as Percentile[]).flatMap((percentile): ObjectiveCheck[] => {
      const asked = objectives[`${metric}_${percentile}_s`];
      if (asked === undefined) return [];
      const own = rows.filter((row) => row.metric === metric && (row.statistic === percentile || row.statistic === "mean"));
      const mean = metric === "tpot" && own.length === 0 ? rows.filter((row) => row.metric === "itl" && row.statistic === "mean") : [];
      const judged = [...own, ...mean];
      const isWrong = judged.some((row) => !row.is_reproduced);
      const isKnown = judged.some(({ statistic }) => statistic === percentile);
      return [
        { metric, percentile, limit: asked, outcome: isWrong ? "not reproduced" : isKnown ? "reproduced" : "not checked", rows: judged },
      ];
    }),
  );
