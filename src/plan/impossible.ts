import { count, duration, limit, objectiveName, percent } from "../format.ts";
import { evaluate } from "./objectives.ts";
import type { Question } from "./replications.ts";
import { unloadedLatencies } from "./unloaded.ts";

/**
 * Why no number of replicas meets the objectives: what is missed although every request has an idle replica to itself. Null where that
 * would meet them.
 */
export const whyImpossibleOrNull = ({ setup, objectives, seeds, requestsOf }: Question): string | null => {
  for (const seed of seeds) {
    const requests = requestsOf(seed);
    const latencies = unloadedLatencies(requests, setup.replica, setup.stepTime);
    const missed = evaluate(latencies, objectives).find(({ is_met }) => !is_met);
    if (missed === undefined) continue;
    if (missed.value_s !== null) {
      return `${objectiveName(missed.objective)} is ${duration(missed.value_s)} where every request has an idle replica to itself, and the limit is ${limit(missed.limit_s)}`;
    }
    const share = percent(latencies.missing / requests.length);
    return `${share} of the requests are longer than a server takes (max_model_len ${count(setup.replica.maxModelLen)} tokens) and are rejected, and a rejected request misses every objective`;
  }
  return null;
};
