type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** A plan of version 1 as version 2 has it: it has no intervals, and an objective held where it was met in every replication. */
export const upgradeFrom1 = (older: Json): Json => {
  const replications = Array.isArray(older["seeds"]) ? older["seeds"].length : 1;
  const verdictOf = (meets: unknown): string => (meets === true ? "meets" : "misses");
  const objective = (result: unknown): unknown => {
    if (!isObject(result)) return result;
    const { limit_s: limit, value_s: value, is_met: isMet, ...rest } = result;
    return { ...rest, unit: "s", limit, value, interval: null, worst_window: null, verdict: verdictOf(isMet) };
  };
  const candidate = (value: unknown): unknown => {
    if (!isObject(value)) return value;
    const { meets, objectives, ...rest } = value;
    return {
      ...rest,
      objectives: Array.isArray(objectives) ? objectives.map(objective) : objectives,
      verdict: verdictOf(meets),
      replications,
    };
  };
  const capacity = (value: unknown): unknown => {
    if (!isObject(value)) return value;
    return value["kind"] === "found"
      ? {
          ...value,
          interval: null,
          breaks_at_rate: null,
          candidate: candidate(value["candidate"]),
          one_fewer: candidate(value["one_fewer"]),
        }
      : { ...value, best: candidate(value["best"]) };
  };
  const tried = older["tried"];
  return {
    ...older,
    schema: "ballast.plan/2",
    capacity: capacity(older["capacity"]),
    autoscaler: candidate(older["autoscaler"]),
    tried: Array.isArray(tried)
      ? tried.map((one: unknown) => (isObject(one) ? { replicas: one["replicas"], verdict: verdictOf(one["meets"]), replications } : one))
      : tried,
  };
};
