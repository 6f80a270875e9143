import { initialReplicas, limitsOf, type Policy } from "../../fleet/policy.ts";
import { list, quantity } from "../../format.ts";
import type { Question } from "../search/question.ts";
import { targetOf, type FixedAnswer } from "../search/targets.ts";
import { gpuHoursOf, Optimizer, type SearchSpace } from "./optimizer.ts";
import { hoursByReplication, type Trial } from "./evaluator.ts";
import { admission, smoothing } from "./front.ts";
import { figuresOf, missesOf } from "./figures.ts";
import { gapBetween } from "./gap.ts";
import { placement } from "./placement.ts";
import type { LeverContext, Intervention, Interventions } from "./intervention.ts";
import { resampled } from "./resampled.ts";
import { baseline, churn, fasterLoad, warmPool } from "./scaling.ts";
import type { Lever, LeverName, Levers, Outcome } from "./schema.ts";

/** Every lever, in the order of LEVERS. */
const ALL: readonly ((context: LeverContext) => Interventions)[] = [baseline, smoothing, admission, placement, churn, warmPool, fasterLoad];

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

/** A share of the GPU-hours that a change must come to: less is when the last request happens to leave. */
const NEGLIGIBLE = 0.0005;

/** A lever pulled by itself, and what came of it. */
interface Alone {
  readonly intervention: Intervention;
  readonly outcome: Outcome;
}

/**
 * What each lever is worth in GPU-hours at equal objectives: the cheapest setting that meets them with the lever alone, with all of them, and with
 * all but it, against the cheapest with none.
 *
 * @returns null where no fixed number meets the objectives on all replications
 */
export const leversOf = (request: LeversRequest): Levers | null => {
  const { policy, isTrace } = request;
  const question = questionOf(request);
  const optimizer = new Optimizer(spaceOf(request, question));
  const reference = optimizer.referenceOrNull();
  if (reference === null) return null;
  const usual = gpuHoursOf(reference.trial);
  const usualHours = hoursByReplication(reference.trial);
  /** @param isLookedInto whether the change has its interval, which takes more simulations */
  const outcomeOf = (trial: Trial | null, interventions: readonly Intervention[], name: string, isLookedInto = true): Outcome => {
    if (trial === null) return missesOf(optimizer.safest(interventions, name), question);
    const figures = figuresOf(trial, question);
    const hours = figures.gpu_hours - usual;
    const change = isLookedInto
      ? gapBetween(hours, hoursByReplication(trial), usualHours, isTrace)
      : { gpu_hours: hours, low: null, high: null };
    return { kind: "meets", ...figures, change };
  };
  const pulledTogether = (interventions: readonly Intervention[], name: string, isLookedInto = true): Outcome =>
    outcomeOf(optimizer.cheapestOrNull(interventions, name), interventions, name, isLookedInto);
  const pulledAlone = (ways: readonly [Intervention, ...Intervention[]]): Alone => {
    const name = `${ways[0].lever} alone`;
    const tried = ways.map((intervention) => ({ intervention, trial: optimizer.cheapestOrNull([intervention], name) }));
    const { intervention, trial } = tried.reduce((best, each) => (isCheaper(each.trial, best.trial) ? each : best));
    return { intervention: standing(intervention, trial, reference.trial), outcome: outcomeOf(trial, [intervention], name) };
  };

  const context = contextOf(request, question);
  const known = ALL.map((interventionsIn) => interventionsIn(context));
  const alone = new Map<LeverName, Alone>();
  for (const each of known) {
    if (each.kind === "interventions") alone.set(each.lever, pulledAlone(each.interventions));
    optimizer.forget();
  }
  const interventions = [...alone.values()].map(({ intervention }) => intervention);
  const hasOthers = interventions.length > 1;
  const saving = [...alone.values()]
    .filter(({ outcome }) => outcome.kind === "meets" && outcome.change.gpu_hours < -NEGLIGIBLE * usual)
    .map(({ intervention }) => intervention);
  const levers = known.map((each): Lever => {
    if (each.kind === "no-effect") return each;
    const { intervention, outcome } = alone.get(each.lever)!;
    const { lever, from, to } = intervention;
    const others = interventions.filter((other) => other !== intervention);
    return {
      kind: "pulled",
      lever,
      from,
      to,
      alone: outcome,
      all_but: hasOthers ? pulledTogether(others, `all but ${lever}`, false) : null,
    };
  });
  return {
    replications: question.seeds.length,
    replicated: isTrace ? "resamples" : "seeds",
    reference: {
      ...figuresOf(reference.trial, question),
      autoscaler: reference.isScaled || policy === null ? null : missesOf(optimizer.safest([], "nothing pulled"), question),
    },
    levers,
    saving:
      saving.length < 2 || saving.length === interventions.length
        ? null
        : { levers: saving.map(({ lever }) => lever), outcome: pulledTogether(saving, "all that save") },
    together: hasOthers ? pulledTogether(interventions, "all together") : null,
    notes: notesOf(request, reference),
  };
};

const isCheaper = (one: Trial | null, other: Trial | null): boolean =>
  one !== null && (other === null || gpuHoursOf(one) < gpuHoursOf(other));

const contextOf = (
  { question: asked, fixed, policy }: LeversRequest,
  { setup, objectives, seeds, requestsOf }: Question,
): LeverContext => ({
  setup,
  objectives,
  policy,
  replicas: fixed.replicas,
  inFlight: fixed.sustained > 0 ? targetOf(asked, fixed, 1) : null,
  requests: requestsOf(seeds[0] ?? 0),
});

/** A floor in the words of what was found to be the cheapest. */
const standing = (intervention: Intervention, trial: Trial | null, reference: Trial): Intervention => {
  if (trial === null || intervention.hasFloors !== true) return intervention;
  const { policy } = trial;
  if (JSON.stringify(policy) === JSON.stringify(reference.policy)) return { ...intervention, to: "no higher floor is cheaper" };
  const fleet = policy.kind === "fixed" ? "a fleet that never scales" : "an autoscaler above that";
  return { ...intervention, to: `${quantity(limitsOf(policy)[0], "replica")} at least, ${fleet}` };
};

/** Differences between policies on the same requests need fewer replications than a verdict does. */
const MOST_REPLICATIONS = 12;

/** No replica is gone in any of them. Ceilings on GPUs and on cost stay, but are not judged: levers are held against what more replicas help. */
const questionOf = ({ question, isTrace }: LeversRequest): Question => {
  const { survive: _, ...objectives } = question.objectives;
  const asked = { ...question, objectives };
  return isTrace ? resampled(asked, MOST_REPLICATIONS) : { ...asked, seeds: asked.seeds.slice(0, MOST_REPLICATIONS) };
};

/** Where a policy does not say what it begins with, that is the fixed number: what it misses then, it misses by scaling. */
const spaceOf = ({ fixed: { replicas }, policy, isOwn }: LeversRequest, question: Question): SearchSpace => {
  const says = policy !== null && "initial_replicas" in policy && policy.initial_replicas !== undefined;
  return { question, policy, begins: isOwn && says ? null : replicas, replicas };
};

const notesOf = (
  { question: { objectives }, isTrace }: LeversRequest,
  { trial, isScaled }: { readonly trial: Trial; readonly isScaled: boolean },
): string[] => {
  const left = [
    ...(objectives.survive === undefined ? [] : ["replicas that may be gone"]),
    ...(objectives.gpu_hours_per_h === undefined ? [] : ["the ceiling on GPUs"]),
    ...(objectives.cost_per_h === undefined ? [] : ["the ceiling on cost"]),
  ];
  return [
    ...(isScaled
      ? [
          `The autoscaler begins with ${quantity(initialReplicas(trial.policy), "replica")}, whatever its target, or with its floor; those that it does not want it pays for until it may let them go.`,
        ]
      : []),
    ...(isTrace ? ["Levers are compared on resamples of the trace in blocks, all of which together meet every objective."] : []),
    ...(left.length === 0 ? [] : [`The levers leave out ${list(left)}.`]),
  ];
};
