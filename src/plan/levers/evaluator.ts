import type { Policy } from "../../fleet/policy.ts";
import { pow } from "../../math.ts";
import type { FleetSetup } from "../../scenario/resolve.ts";
import { firstOrNull } from "../search/first-that-holds.ts";
import { isBetterWithMore } from "../search/fixed-capacity.ts";
import type { Question } from "../search/question.ts";
import { Race } from "../search/racing.ts";
import { replicate, verdictOf, type Replication } from "../search/replications.ts";

/** Settings of one knob, from the cheapest to the safest, on one setup. */
export interface Grid {
  readonly evaluator: Evaluator;
  readonly policies: readonly Policy[];
  /** In words, for who watches. */
  readonly nameOf: (at: number) => string;
}

/** A setting that meets the objectives, on all replications. */
export interface Trial {
  readonly policy: Policy;
  /** In words. */
  readonly name: string;
  readonly replications: readonly Replication[];
  readonly grid: Grid;
  /** Its place there. */
  readonly at: number;
}

/** One step of an autoscaler's target to the next. */
const STEP = 1.08;
/** Steps above and below the target that the search begins with: from six times it down to a sixteenth. */
const ABOVE = 24;
const BELOW = 36;

/** Factors of the target, the largest first: each asks for more replicas than the one before. */
export const FACTORS: readonly number[] = Array.from({ length: ABOVE + BELOW + 1 }, (_, i) => pow(STEP, ABOVE - i));

/** Where a factor of 1 stands. */
export const UNCHANGED = ABOVE;

/** A setting that does not do is given so many replications, to see by how much. */
const LOOKED_INTO = 4;

/** Whether policies meet the objectives under one setup, on all replications together or on one of them. */
export class Evaluator {
  private readonly question: Question;
  private readonly race: Race;
  private readonly single = new Map<string, { readonly meets: boolean; readonly hours: number }>();
  /** What is kept of policies that were decided: whether they meet the objectives, and on how many replications that was seen. */
  private readonly decided = new Map<string, { readonly meets: boolean; readonly replications: number }>();

  constructor(question: Question, setup: FleetSetup) {
    this.question = { ...question, setup };
    this.race = new Race(this.question, isBetterWithMore);
  }

  get replications(): number {
    return this.question.seeds.length;
  }

  /** Whether a policy surely meets the objectives on all replications together; that it does not is known from as few as tell. Replications of one that does are kept. */
  meetsOnAll(policy: Policy, name: string): boolean {
    const key = JSON.stringify(policy);
    const known = this.decided.get(key);
    if (known !== undefined) return known.meets;
    const meets = this.race.decide(policy, name) === "meets" && this.meets(this.allOf(policy, name));
    const replications = this.race.replicationsOf(policy, name);
    replications.forEach((replication, index) => this.single.set(singleKey(policy, index), this.outcomeOf(replication)));
    this.decided.set(key, { meets, replications: replications.length });
    if (!meets) this.forget(policy);
    return meets;
  }

  /** All replications of a policy. */
  allOf(policy: Policy, name: string): readonly Replication[] {
    return this.race.replicationsOf(policy, name, this.replications);
  }

  /** Lets go of a policy's replications. */
  forget(policy: Policy): void {
    this.race.forget(policy);
  }

  /** What a policy has had so far, at least a few replications. */
  triedOf(policy: Policy, name: string): readonly Replication[] {
    const { replications = 0 } = this.decided.get(JSON.stringify(policy)) ?? {};
    return this.race.replicationsOf(policy, name, Math.max(LOOKED_INTO, replications));
  }

  /** Whether a policy meets the objectives on one replication by itself, and its GPU-hours there. */
  one(policy: Policy, name: string, index: number): { readonly meets: boolean; readonly hours: number } {
    const key = singleKey(policy, index);
    const known = this.single.get(key);
    if (known !== undefined) return known;
    const seed = this.question.seeds[index]!;
    const shared = this.race.replicationsOf(policy, name)[index];
    if (shared === undefined) this.question.onProgress(`${name}, seed ${seed} by itself`);
    const replication = shared ?? replicate(this.question, policy, seed);
    const found = this.outcomeOf(replication);
    this.single.set(key, found);
    return found;
  }

  private outcomeOf(replication: Replication): { readonly meets: boolean; readonly hours: number } {
    return { meets: this.meets([replication]), hours: replication.run.gpu_hours };
  }

  private meets(replications: readonly Replication[]): boolean {
    const counts = replications.map((each) => each.counts);
    return verdictOf(counts, this.question.objectives, isBetterWithMore) === "meets";
  }
}

const singleKey = (policy: Policy, index: number): string => `${index} ${JSON.stringify(policy)}`;

/** The first setting of a grid that meets the objectives on all replications together; null where none does. */
export const cheapestOfGridOrNull = (grid: Grid, guess: number, inWords: (policy: Policy, at: number) => string): Trial | null => {
  const { evaluator, policies, nameOf } = grid;
  const meeting: number[] = [];
  const at = firstOrNull(policies.length, guess, (each) => {
    const meets = evaluator.meetsOnAll(policies[each]!, nameOf(each));
    if (meets) meeting.push(each);
    return meets;
  });
  for (const each of meeting) if (each !== at) evaluator.forget(policies[each]!);
  if (at === null) return null;
  const policy = policies[at]!;
  return { policy, name: inWords(policy, at), replications: evaluator.allOf(policy, nameOf(at)), grid, at };
};

/**
 * GPU-hours at equal objectives, by replication: those of the setting in the trial's grid that would have been the cheapest on it by itself, or of
 * the safest where none meets them there. Of targets every second is looked at: two steps are less than what one replication tells.
 */
export const hoursByReplication = ({ grid: { evaluator, policies, nameOf }, at }: Trial): number[] => {
  const stride = policies.length > 0 && policies[at]!.kind === "fixed" ? 1 : 2;
  const first = at % stride;
  const places = Array.from({ length: Math.ceil((policies.length - first) / stride) }, (_, i) => first + i * stride);
  return Array.from({ length: evaluator.replications }, (_, index) => {
    const oneAt = (place: number) => evaluator.one(policies[places[place]!]!, nameOf(places[place]!), index);
    const found = firstOrNull(places.length, (at - first) / stride, (place) => oneAt(place).meets);
    return oneAt(found ?? places.length - 1).hours;
  });
};
