import { isBetterWithMore } from "../fixed-capacity.ts";
import { pooledPercentileOrNull, timesOf } from "../latencies.ts";
import { objectivesOf } from "../objectives.ts";
import { resultsOf, type Question } from "../replications.ts";
import type { Trial } from "./bench.ts";
import { gpuHoursOf } from "./cheapest.ts";
import type { Meets, Misses } from "./schema.ts";

/** What a setting that meets the objectives costs, and how near it is to missing them. */
export const figuresOf = ({ name, replications }: Trial, { objectives }: Question): Omit<Meets, "kind" | "change"> => {
  const sets = replications.map(({ latencies }) => latencies);
  const shares = objectivesOf(objectives)
    .filter((each) => each.kind === "latency")
    .map((objective) => {
      const times = sets.map((latencies) => timesOf(latencies, objective));
      const value = pooledPercentileOrNull(times, objective.share);
      return value === null ? Infinity : value / objective.limit;
    });
  const worst = shares.reduce((a, b) => Math.max(a, b), 0);
  const missing = sets.reduce((sum, set) => sum + set.missing, 0);
  const all = sets.reduce((sum, set) => sum + set.missing + set.ttft.length, 0);
  return {
    policy: name,
    gpu_hours: gpuHoursOf({ replications }),
    scale_events: replications.reduce((sum, { run }) => sum + run.scale_events.length, 0) / replications.length,
    tail: worst === Infinity ? null : worst,
    not_served: all === 0 ? 0 : missing / all,
  };
};

/** What a setting misses, or does not surely meet. */
export const missesOf = ({ name, replications }: Pick<Trial, "name" | "replications">, { objectives }: Question): Misses => {
  const judged = objectivesOf(objectives).map(isBetterWithMore);
  const misses = resultsOf(replications, objectives)
    .filter(({ verdict }, i) => judged[i] === true && verdict !== "meets")
    .map(({ objective, unit, limit, value }) => ({ objective, unit, limit, value }));
  return { kind: "misses", policy: name, misses };
};
