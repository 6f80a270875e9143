import { isBetterWithMore } from "../search/fixed-capacity.ts";
import { measuresOf } from "../search/measures.ts";
import { objectivesOf } from "../objectives/objectives.ts";
import type { Question } from "../search/question.ts";
import { candidateOf, resultsOf } from "../search/replications.ts";
import type { Trial } from "./evaluator.ts";
import type { Meets, Misses } from "./schema.ts";

/** What a setting that meets the objectives costs, and how near it is to missing them. */
export const figuresOf = ({ name, replications }: Trial, { objectives }: Question): Omit<Meets, "kind" | "change"> => {
  const sets = replications.map(({ latencies }) => latencies);
  const missing = sets.reduce((sum, set) => sum + set.missing, 0);
  const all = sets.reduce((sum, set) => sum + set.missing + set.ttft.length, 0);
  return { policy: name, ...measuresOf(candidateOf(replications, objectives)), not_served: all === 0 ? 0 : missing / all };
};

/** What a setting misses, or does not surely meet. */
export const missesOf = ({ name, replications }: Pick<Trial, "name" | "replications">, { objectives }: Question): Misses => {
  const judged = objectivesOf(objectives).map(isBetterWithMore);
  const misses = resultsOf(replications, objectives)
    .filter(({ verdict }, i) => judged[i] === true && verdict !== "meets")
    .map(({ objective, unit, limit, value }) => ({ objective, unit, limit, value }));
  return { kind: "misses", policy: name, misses };
};
