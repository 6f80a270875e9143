import type { Candidate, FrontierPoint } from "./schema.ts";

/** What a policy costs, how far its tail is from the limits, and how often it changes the fleet: less is better in all three. */
type Measures = Pick<FrontierPoint, "gpu_hours" | "tail" | "scale_events">;

/** The largest share of a limit that a latency objective takes; null where one is never reached. */
const tailOf = ({ objectives }: Candidate): number | null =>
  objectives
    .filter(({ unit }) => unit === "s")
    .reduce<number | null>((worst, { value, limit }) => (worst === null || value === null ? null : Math.max(worst, value / limit)), 0);

const isAsGood = (one: Measures, other: Measures): boolean =>
  one.gpu_hours <= other.gpu_hours && (one.tail ?? Infinity) <= (other.tail ?? Infinity) && one.scale_events <= other.scale_events;

/**
 * Policies by cost, tail and churn, the cheapest first. One is dominated where another is as good in all three and better in one.
 *
 * @param candidates under the names that people know them by
 */
export const frontierOf = (candidates: readonly { readonly name: string; readonly candidate: Candidate }[]): FrontierPoint[] => {
  const points = candidates.map(({ name, candidate }) => ({
    name,
    policy: candidate.policy,
    gpu_hours: candidate.gpu_hours,
    tail: tailOf(candidate),
    scale_events: candidate.scale_events,
    verdict: candidate.verdict,
  }));
  return points
    .map((point) => ({
      ...point,
      is_dominated: points.some((other) => other !== point && isAsGood(other, point) && !isAsGood(point, other)),
    }))
    .sort((a, b) => a.gpu_hours - b.gpu_hours);
};
