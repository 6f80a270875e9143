import { LARGEST_BURST } from "../plan/stress/breaking-burst.ts";
import { conditionsInWords } from "../plan/objectives/in-words.ts";
import type { Candidate, ObjectiveResult, Plan } from "../plan/schema.ts";
import { change, gpuHours, limit, list, mean, percent, plain, quantity, sentence } from "../format.ts";
import { intervalOrNull, limitOf, nameOf, valueOf } from "./objective-words.ts";

/** What a plan says, in sentences: the same ones in a terminal and on a page. */

/** `TTFT p99 ≤ 2 s`. */
export const target = (result: ObjectiveResult): string => `${nameOf(result)} ${limitOf(result)}`;
const outcome = (result: ObjectiveResult): string => {
  const { worst_window: share } = result;
  if (share !== null && share > 0 && isWithin(result)) {
    const bad = `${percent(share)} of the ${result.objective.startsWith("itl") ? "gaps" : "requests"} ${badOf(result)}`;
    return `${nameOf(result)} in its worst window, where ${bad} (over all it is ${valueOf(result)})`;
  }
  const interval = intervalOrNull(result);
  return `${nameOf(result)} ${valueOf(result)}${interval === null ? "" : ` (${interval})`} against a limit of ${limitOf(result).slice(2)}`;
};

const isWithin = ({ objective, value, limit: most }: ObjectiveResult): boolean =>
  value !== null && (objective.includes(">=") ? value >= most : value <= most);

const badOf = (result: ObjectiveResult): string =>
  result.unit === "s"
    ? `are beyond ${limitOf(result).slice(2)}`
    : result.objective.startsWith("goodput")
      ? "are beyond a limit"
      : "did not finish";

/** What a candidate misses, value against limit; where every value is within its limit, that the replications do not tell. */
export const missSentence = (candidate: Candidate): string => {
  const missed = candidate.objectives.filter(({ verdict }) => verdict === "misses");
  const doubtful = candidate.objectives.filter(({ verdict }) => verdict === "undecided");
  const named = missed.length > 0 ? missed : doubtful;
  const under = candidate.hardship === undefined ? "" : `, with ${candidate.hardship}`;
  return `${list(named.map(outcome))}${missed.length === 0 ? ", too close to call" : ""}${under}`;
};

/** `6 replicas (95 % interval: 6 to 7)`, or the number alone where the interval holds nothing else. */
const answerInWords = (capacity: Extract<Plan["capacity"], { kind: "found" }>): string => {
  const { replicas, interval } = capacity;
  const number = quantity(replicas, "replica");
  if (interval === null) return number;
  const { low, high } = interval;
  return `${number} (95 % interval: ${low === high ? low : `${low} to ${high ?? "more than were tried"}`})`;
};

/** The answer, in one sentence. */
export const answerSentence = (plan: Plan): string => {
  const { capacity, model, device, conditions = {} } = plan;
  switch (capacity.kind) {
    case "found":
      return `${answerInWords(capacity)} of ${model} on ${device} ${capacity.replicas === 1 ? "meets" : "meet"} ${list(capacity.candidate.objectives.map(target))}${conditionsInWords(conditions)}.`;
    case "impossible":
      return `No number of replicas of ${model} on ${device} meets the objectives: ${capacity.because}.`;
    case "not-reproduced":
      return `No recommendation for ${model} on ${device}: on the fleet's own hours the simulation has not reproduced ${capacity.because}.`;
    default:
      return capacity satisfies never;
  }
};

/** Why the answer is not one fewer. */
export const whyNotFewerSentence = (plan: Plan): string => {
  const { capacity } = plan;
  if (capacity.kind !== "found") {
    return capacity.best === null ? "" : `Closest: ${capacity.best.policy}, ${missSentence(capacity.best)}.`;
  }
  const open = plan.tried.filter(({ verdict, replicas }) => verdict === "undecided" && replicas < capacity.replicas);
  const close = `${list(open.map(({ replicas }) => String(replicas)))} ${open.length === 1 ? "is" : "are"} too close to call.`;
  if (capacity.one_fewer === null) {
    if (open.length > 0) return `Not fewer: ${close}`;
    return capacity.replicas === 1 ? "Not fewer: one replica is enough." : "Not fewer: with those gone that may be, none would be left.";
  }
  const fewer = capacity.one_fewer.replicas.max;
  const undecided = open.length === 0 ? "" : ` ${close}`;
  return `Not fewer: ${quantity(fewer, "replica")} ${fewer === 1 ? "misses" : "miss"}, ${missSentence(capacity.one_fewer)}.${undecided}`;
};

/** What decides of all that the fleet has to survive; null where that is nothing. */
export const hardshipSentenceOrNull = ({ capacity }: Plan): string | null =>
  capacity.kind !== "found" || capacity.candidate.hardship === undefined
    ? null
    : `Of what it survives, ${capacity.candidate.hardship} comes closest to a limit; ${capacity.candidate.compared === undefined ? "its figures are under that" : COMPARED}.`;

const COMPARED =
  "its objectives and latencies are under that. Replicas, GPU-hours, cost, scale events and all of a frontier are those without any of it, of every policy";

/** How much more traffic the answer takes. */
export const breakingSentenceOrNull = ({ capacity }: Plan): string | null =>
  capacity.kind !== "found" || capacity.breaks_at_rate === null
    ? null
    : `It takes up to ${plain(capacity.breaks_at_rate, 3)} times this traffic, bursts and all closer together.`;

/** How large a burst the answer takes; null where it was not looked for. */
export const burstSentenceOrNull = ({ capacity }: Plan): string | null => {
  if (capacity.kind !== "found" || capacity.breaks_at_burst === undefined) return null;
  const { seconds, times_mean: times } = capacity.breaks_at_burst;
  const place = `on top of the busiest ${limit(seconds)}`;
  if (times === null)
    return `No burst of ${limit(seconds)} that was tried, up to ${LARGEST_BURST} times the mean rate, ${place} breaks it.`;
  if (times === 0) return `The smallest burst of ${limit(seconds)} that was tried ${place} breaks it.`;
  return `It takes a burst of ${limit(seconds)} at up to ${plain(times, 2)} times the mean rate ${place}, and breaks a little above.`;
};

/** How far the capacity stands from the mean load, and from the busiest windows. */
export const headroomSentenceOrNull = ({ capacity }: Plan): string | null => {
  if (capacity.kind !== "found") return null;
  const { headroom_over_mean: mean, headroom_over_peaks: peaks = [], rates_count: counted } = capacity;
  const against = (headroom: number, what: string): string =>
    `${percent(Math.abs(headroom))} ${headroom < 0 ? "less" : "more"} than ${what}`;
  return `Headroom: as a steady stream it sustains ${list([against(mean, "the mean load"), ...peaks.map(({ window_s, headroom }) => against(headroom, `the busiest ${limit(window_s)}`))])}.${counted === undefined ? "" : " Burst and headroom count starts of sessions; later requests of a session come as the fleet answers."}`;
};

/** What the autoscaler does on the same traffic, against the fixed fleet. */
export const autoscalerSentenceOrNull = (plan: Plan): string | null => {
  const { autoscaler, capacity } = plan;
  if (autoscaler === null) return null;
  const verdict =
    autoscaler.verdict === "meets"
      ? "meets the objectives"
      : `${autoscaler.verdict === "misses" ? "misses" : "may miss"}: ${missSentence(autoscaler)}`;
  const fixed = capacity.kind === "found" ? capacity.candidate : capacity.best;
  const hours =
    fixed === null || fixed.gpu_hours === 0
      ? `${gpuHours(autoscaler.gpu_hours)} GPU-hours`
      : `${gpuHours(autoscaler.gpu_hours)} GPU-hours (${change(autoscaler.gpu_hours / fixed.gpu_hours - 1)} against fixed)`;
  return `On the same traffic the autoscaler ${verdict}; it takes ${hours} and ${quantity(autoscaler.scale_events, "scale event")}.`;
};

/** Whether a floor with an autoscaler on top is cheaper at the same objectives; null where it was not looked for. */
export const hybridSentenceOrNull = ({ hybrid, capacity }: Plan): string | null => {
  if (hybrid === undefined || capacity.kind !== "found") return null;
  if (hybrid === null)
    return "No floor below that meets the objectives with an HPA on requests in flight on top (four targets or more, up to twice as many replicas).";
  const against = hybrid.gpu_hours / capacity.candidate.gpu_hours - 1;
  const named = `${hybrid.policy}, ${gpuHours(hybrid.gpu_hours)} GPU-hours (${change(against)} against fixed), ${quantity(hybrid.scale_events, "scale event")}`;
  return against < 0
    ? `Cheaper at the same objectives, a floor with an autoscaler on top: ${named}.`
    : `No floor with an autoscaler on top is cheaper at the same objectives. The cheapest: ${named}.`;
};

/** How sure: what was repeated, and what the intervals hold. */
export const confidenceSentence = (plan: Plan): string => {
  const { capacity, seeds } = plan;
  if (capacity.kind === "not-reproduced")
    return "None: nothing was searched for, since the simulation speaks of another fleet than the observed one.";
  const candidate = capacity.kind === "found" ? capacity.candidate : capacity.best;
  const replications = candidate?.replications ?? seeds.length;
  const repeated =
    replications === 1
      ? `One simulation (seed ${seeds[0] ?? 0}).`
      : `${sentence(quantity(replications, "replication"))} of the answer, seeds from ${seeds[0] ?? 0} on; an objective is met where its 95 % interval over replications is within the limit.`;
  const of =
    capacity.kind === "found" && capacity.interval !== null
      ? ` The interval of the number of replicas holds ${capacity.interval.of}.`
      : " No interval is stated.";
  return repeated + of + predictionOf(capacity);
};

const predictionOf = (capacity: Plan["capacity"]): string => {
  if (capacity.kind !== "found" || capacity.prediction === undefined) return "";
  const { low, high } = capacity.prediction;
  const needed =
    low === high ? quantity(low, "replica") : high === null ? `${low} replicas to more than were tried` : `${low} to ${high} replicas`;
  return ` Another stretch of such traffic needs ${needed} (95 % prediction interval, if nothing drifts).`;
};

/** Which numbers of replicas were tried, and how each fared: `4 no, 5 no, 6 yes`. */
export const triedSentence = (plan: Plan): string =>
  [...plan.tried]
    .sort((a, b) => a.replicas - b.replicas)
    .map(({ replicas, verdict }) => `${replicas} ${VERDICTS[verdict]}`)
    .join(", ");

/** Verdicts as a table has them. */
export const VERDICTS = { meets: "yes", misses: "no", undecided: "undecided" } as const;

export interface NamedCandidate {
  readonly name: string;
  readonly candidate: Candidate;
}

/** The policies worth comparing, under names short enough for a table; what runs today first, then the fixed fleet. */
export const comparedCandidates = (plan: Plan): NamedCandidate[] => {
  const { capacity, autoscaler, today = null } = plan;
  const fixed = (candidate: Candidate | null): NamedCandidate[] =>
    candidate === null ? [] : [{ name: `fixed ${candidate.replicas.max}`, candidate }];
  return [
    ...(today === null ? [] : [{ name: todayName(plan), candidate: today }]),
    ...(capacity.kind === "found" ? [...fixed(capacity.candidate), ...fixed(capacity.one_fewer)] : fixed(capacity.best)),
    ...(autoscaler === null ? [] : [{ name: "autoscaler", candidate: autoscaler }]),
  ];
};

const todayName = ({ today_is: is }: Pick<Plan, "today_is">): string => (is === "scenario" ? "scenario's" : "today");

/** What the names of a table of policies stand for. */
export const policyLines = ({ today = null, autoscaler, today_is }: Plan): string[] => [
  ...(today === null ? [] : [`${todayName({ today_is })}: ${today.policy}`]),
  ...(autoscaler === null ? [] : [`autoscaler: ${autoscaler.policy}`]),
];

/** `6`, or `1–9, mean 4.2` where it changed. */
export const replicaRange = ({ replicas: { min, max, mean: average } }: Candidate): string =>
  min === max ? String(max) : `${min}–${max}, mean ${mean(average)}`;
