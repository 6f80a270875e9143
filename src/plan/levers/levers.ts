import { limitsOf, type Policy } from "../../fleet/policy.ts";
import { list, quantity } from "../../format.ts";
import { objectivesOf } from "../objectives.ts";
import { isBetterWithMore } from "../fixed-capacity.ts";
import { targetOf, type FixedAnswer } from "../hybrid.ts";
import { pooledPercentileOrNull, timesOf } from "../latencies.ts";
import { resultsOf, type Question } from "../replications.ts";
import { gpuHoursOf, Chooser, type Choice } from "./cheapest.ts";
import type { Trial } from "./bench.ts";
import { admission, smoothing } from "./front.ts";
import { gapBetween } from "./gap.ts";
import { placement } from "./placement.ts";
import type { Ground, Pull, Ways } from "./pull.ts";
import { resampled } from "./resampled.ts";
import { baseline, churn, fasterLoad, warmPool } from "./scaling.ts";
import type { Gap, Lever, LeverName, Levers, Meets, Misses, Outcome } from "./schema.ts";

/** Every lever, in the order of LEVERS. */
const ALL: readonly ((ground: Ground) => Ways)[] = [baseline, smoothing, admission, placement, churn, warmPool, fasterLoad];

export interface LeversRequest {
  readonly question: Question;
  /** Whether the requests are a recorded trace: resamples of it are then the replications. */
  readonly isTrace: boolean;
  /** The smallest fixed number, and what it sustains. */
  readonly fixed: FixedAnswer;
  /** What scales the fleet; null: nothing does. */
  readonly policy: Policy | null;
  /** Whether it is the scenario's own; else it is Ballast's suggestion. */
  readonly isOwn: boolean;
}

/** A pulled lever with the cheapest setting by itself; null where none meets the objectives. */
interface Alone {
  readonly pull: Pull;
  readonly trial: Trial | null;
}

/**
 * What each lever is worth in GPU-hours at equal objectives: the cheapest setting that meets them with the lever alone, with all of them, and with
 * all but it, against the cheapest with none.
 *
 * @returns null where no fixed number meets the objectives on all replications
 */
export const leversOf = (request: LeversRequest): Levers | null => {
  const { fixed, policy, isTrace } = request;
  const question = questionOf(request);
  const chooser = new Chooser(choiceOf(request, question));
  const reference = chooser.referenceOrNull();
  if (reference === null) return null;
  const ground: Ground = {
    setup: question.setup,
    objectives: question.objectives,
    policy,
    replicas: fixed.replicas,
    inFlight: fixed.sustained > 0 ? targetOf(request.question, fixed, 1) : null,
    requests: question.requestsOf(question.seeds[0] ?? 0),
  };
  const gap = (one: Trial, other: Trial): Gap => gapBetween(one, other, objectivesOf(question.objectives), isTrace);
  const meets = (trial: Trial): Meets => ({ kind: "meets", ...figuresOf(trial, question), change: gap(trial, reference.trial) });
  const misses = (pulls: readonly Pull[], name: string): Misses => missesOf(chooser.safestOrNull(pulls, name) ?? reference.trial, question);
  const outcome = (trial: Trial | null, pulls: readonly Pull[], name: string): Outcome =>
    trial === null ? misses(pulls, name) : meets(trial);

  const known = ALL.map((ways) => ways(ground));
  const alone = new Map<LeverName, Alone>();
  for (const each of known) {
    if (each.kind === "ways") alone.set(each.lever, pulledAlone(chooser, each.pulls));
    chooser.forget();
  }
  const pulls = [...alone.values()].map(({ pull }) => pull);
  const hasOthers = pulls.length > 1;
  const together = hasOthers ? chooser.cheapestOrNull(pulls, "all together") : null;
  const saving = [...alone.values()].filter(({ trial }) => trial !== null && gap(trial, reference.trial).gpu_hours < 0);
  const levers = known.map((each): Lever => {
    if (each.kind === "no-effect") return each;
    const { pull, trial } = alone.get(each.lever)!;
    const { lever, from, to } = pull.hasFloors === true ? standing(pull, trial, reference.trial) : pull;
    const others = pulls.filter((other) => other !== pull);
    const name = `all but ${lever}`;
    const without = hasOthers ? chooser.cheapestOrNull(others, name) : null;
    return {
      kind: "pulled",
      lever,
      from,
      to,
      alone: outcome(trial, [pull], `${lever} alone`),
      all_but: hasOthers ? outcome(without, others, name) : null,
      on_top: together === null || without === null ? null : gap(together, without),
    };
  });
  const combined = (some: readonly Alone[]): Levers["saving"] => {
    const those = some.map(({ pull }) => pull);
    const name = "all that save";
    return { levers: those.map(({ lever }) => lever), outcome: outcome(chooser.cheapestOrNull(those, name), those, name) };
  };
  return {
    replications: question.seeds.length,
    replicated: isTrace ? "resamples" : "seeds",
    reference: {
      ...figuresOf(reference.trial, question),
      autoscaler: reference.isScaled || policy === null ? null : misses([], "nothing pulled"),
    },
    levers,
    saving: saving.length < 2 || saving.length === pulls.length ? null : combined(saving),
    together: hasOthers ? outcome(together, pulls, "all together") : null,
    notes: notesOf(request, question),
  };
};

/** A floor in the words of what was found to be the cheapest. */
const standing = (pull: Pull, trial: Trial | null, reference: Trial): Pull => {
  if (trial === null) return pull;
  const { policy } = trial;
  if (JSON.stringify(policy) === JSON.stringify(reference.policy)) return { ...pull, to: "no higher floor is cheaper" };
  const fleet = policy.kind === "fixed" ? "a fleet that never scales" : "an autoscaler above that";
  return { ...pull, to: `${quantity(limitsOf(policy)[0], "replica")} at least, ${fleet}` };
};

/** The cheapest way to pull it; the first where none meets the objectives. */
const pulledAlone = (chooser: Chooser, pulls: readonly [Pull, ...Pull[]]): Alone => {
  const tried = pulls.map((pull): Alone => ({ pull, trial: chooser.cheapestOrNull([pull], `${pull.lever} alone`) }));
  return tried.reduce((best, each) =>
    each.trial !== null && (best.trial === null || gpuHoursOf(each.trial) < gpuHoursOf(best.trial)) ? each : best,
  );
};

/** Differences between policies on the same requests need fewer replications than a verdict does. */
const MOST_REPLICATIONS = 12;

/** No replica is gone in any of them, and the ceiling on GPUs is what the figures are held against. */
const questionOf = ({ question, isTrace }: LeversRequest): Question => {
  const { survive: _, ...objectives } = question.objectives;
  const asked = { ...question, objectives };
  return isTrace ? resampled(asked, MOST_REPLICATIONS) : { ...asked, seeds: asked.seeds.slice(0, MOST_REPLICATIONS) };
};

/** How full replicas are of what they sustain at the mean rate, where a policy does not say what it begins with. */
const USUAL_SHARE = 0.8;

const choiceOf = ({ fixed, policy, isOwn }: LeversRequest, question: Question): Choice => {
  const { replicas, sustained, meanRate } = fixed;
  const says = policy !== null && "initial_replicas" in policy && policy.initial_replicas !== undefined;
  const begins = (isOwn && says) || sustained === 0 ? null : Math.ceil((meanRate * replicas) / (USUAL_SHARE * sustained));
  return { question, policy, begins, replicas };
};

const figuresOf = ({ name, replications }: Trial, { objectives }: Question): Omit<Meets, "kind" | "change"> => {
  const shares = objectivesOf(objectives)
    .filter((each) => each.kind === "latency")
    .map((objective) => {
      const value = pooledPercentileOrNull(
        replications.map(({ latencies }) => timesOf(latencies, objective)),
        objective.share,
      );
      return value === null ? Infinity : value / objective.limit;
    });
  const worst = shares.reduce((a, b) => Math.max(a, b), 0);
  const sets = replications.map(({ latencies }) => latencies);
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

const missesOf = ({ name, replications }: Omit<Trial, "cheaper">, { objectives }: Question): Misses => {
  const judged = objectivesOf(objectives).map(isBetterWithMore);
  const misses = resultsOf(replications, objectives)
    .filter(({ verdict }, i) => judged[i] === true && verdict !== "meets")
    .map(({ objective, unit, limit, value }) => ({ objective, unit, limit, value }));
  return { kind: "misses", policy: name, misses };
};

const notesOf = ({ question: { objectives }, isTrace }: LeversRequest, question: Question): string[] => {
  const left = [
    ...(objectives.survive === undefined ? [] : ["replicas that may be gone"]),
    ...(objectives.gpu_hours_per_h === undefined ? [] : ["the ceiling on GPUs"]),
  ];
  return [
    ...(isTrace
      ? [
          `Levers are compared on ${question.seeds.length} resamples of the trace in blocks, over which together every objective is met; a prompt that a resample holds twice shares its prefix with itself.`,
        ]
      : []),
    ...(left.length === 0 ? [] : [`The levers leave out ${list(left)}.`]),
  ];
};
