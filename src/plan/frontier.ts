import { dominates, isSame, measuresOf } from "./search/measures.ts";
import type { Candidate, FrontierPoint } from "./schema.ts";

/** A policy under the name that people know it by. */
export interface Named {
  readonly name: string;
  readonly family: NonNullable<FrontierPoint["family"]>;
  readonly candidate: Candidate;
}

/**
 * Policies by cost, tail and churn, the cheapest first. One is dominated where another is as good in all three and better in one; of those
 * that nothing tells apart the first stays, and what runs today. The best are named in words: see `titlesOf`.
 */
export const frontierOf = (named: readonly Named[]): FrontierPoint[] => {
  const points: FrontierPoint[] = [];
  for (const { name, family, candidate } of named) {
    const point = {
      name,
      family,
      policy: candidate.policy,
      ...measuresOf(candidate),
      ...underOf(candidate),
      verdict: candidate.verdict,
      is_dominated: false,
    };
    const isKnown = points.some((other) => other.verdict === point.verdict && isSame(other, point));
    if (!isKnown || family === "today") points.push(point);
  }
  const titles = titlesOf(points);
  return points
    .map((point) => ({
      ...point,
      is_dominated: points.some((other) => dominates(other, point)),
      titles: titles.filter(([, best]) => best === point).map(([title]) => title),
    }))
    .sort((a, b) => a.gpu_hours - b.gpu_hours);
};

/** What a point's figures are under, where that is not all there is. */
const underOf = ({ compared }: Candidate): Pick<FrontierPoint, "under"> => (compared === undefined ? {} : { under: compared.under });

/** The best of those that meet the objectives and that no other of them dominates, in words. */
const titlesOf = (points: readonly FrontierPoint[]): [title: string, best: FrontierPoint][] => {
  const meeting = points.filter(({ verdict }) => verdict === "meets");
  const best = meeting.filter((point) => !meeting.some((other) => dominates(other, point)));
  const least = (by: (point: FrontierPoint) => number): FrontierPoint | undefined =>
    [...best].sort((a, b) => by(a) - by(b) || a.gpu_hours - b.gpu_hours || tailOf(a) - tailOf(b))[0];
  const titled: [string, FrontierPoint | undefined][] = [
    ["cheapest that meets", least(({ gpu_hours: hours }) => hours)],
    ["shortest tail", least(tailOf)],
    ["least churn", least(({ scale_events: events }) => events)],
    ["knee", kneeOrNull(best) ?? undefined],
  ];
  return titled.flatMap(([title, point]) => (point === undefined ? [] : [[title, point]]));
};

const tailOf = ({ tail }: FrontierPoint): number => tail ?? Infinity;

/** Where more cost begins to buy little: a knee is at least so far below the straight line, in shares of the whole way. */
const CLEAR = 0.1;

/**
 * Of cost against tail, the point farthest below the straight line from the cheapest to the one with the shortest tail, both scaled to
 * the way between them; null where none is clearly below it.
 *
 * @see Satopää et al. 2011, Finding a "Kneedle" in a Haystack
 */
const kneeOrNull = (best: readonly FrontierPoint[]): FrontierPoint | null => {
  const reached = best.filter(({ tail }) => tail !== null).sort((a, b) => a.gpu_hours - b.gpu_hours || tailOf(a) - tailOf(b));
  const [cheapest] = reached;
  const shortest = [...reached].sort((a, b) => tailOf(a) - tailOf(b) || a.gpu_hours - b.gpu_hours)[0];
  if (cheapest === undefined || shortest === undefined || cheapest === shortest) return null;
  const cost = shortest.gpu_hours - cheapest.gpu_hours;
  const gain = tailOf(cheapest) - tailOf(shortest);
  if (cost <= 0 || gain <= 0) return null;
  const below = (point: FrontierPoint): number => (tailOf(cheapest) - tailOf(point)) / gain - (point.gpu_hours - cheapest.gpu_hours) / cost;
  const knee = reached.reduce((a, b) => (below(b) > below(a) ? b : a));
  return below(knee) < CLEAR ? null : knee;
};
