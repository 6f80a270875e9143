import { pow } from "../../math.ts";
import type { FleetSetup } from "../../scenario/resolve.ts";
import { isBetterWithMore } from "../fixed-capacity.ts";
import { Race } from "../racing.ts";
import { verdictOf, type Question, type Replication } from "../replications.ts";
import type { Policy } from "../../fleet/policy.ts";

interface Replicated {
  readonly policy: Policy;
  readonly replications: readonly Replication[];
}

/** A policy on all replications. */
export interface Trial extends Replicated {
  /** In words. */
  readonly name: string;
  /** The setting before it, which asks for less and does not do, on as many replications as it had; none where there is no such setting. */
  readonly cheaper: readonly Replication[];
}

/** A setting that does not do is given so many replications, to see by how much. */
const COMPARED = 4;

/** One step of an autoscaler's target to the next. */
const STEP = 1.08;
/** Steps above and below the target that the search begins with: from six times it down to a fifteenth. */
const ABOVE = 24;
const BELOW = 36;

/** Factors of the target, the largest first: each asks for more replicas than the one before. */
export const FACTORS: readonly number[] = Array.from({ length: ABOVE + BELOW + 1 }, (_, i) => pow(STEP, ABOVE - i));

/** Where a factor of 1 stands. */
export const UNCHANGED = ABOVE;

/** Whether policies meet the objectives under one setup: one that does has had all replications, one that does not as few as tell. */
export class Bench {
  private readonly race: Race;

  constructor(
    private readonly question: Question,
    setup: FleetSetup,
  ) {
    this.race = new Race({ ...question, setup }, isBetterWithMore);
  }

  /** Null where the policy does not meet the objectives for sure. */
  trialOrNull(policy: Policy, name: string): Replicated | null {
    if (this.race.decide(policy, name) !== "meets") return null;
    const { seeds, objectives } = this.question;
    const replications = this.race.replicationsOf(policy, name, seeds.length);
    const counts = replications.map((each) => each.counts);
    return verdictOf(counts, objectives, isBetterWithMore) === "meets" ? { policy, replications } : null;
  }

  /** What a policy has had so far, at least some replications. */
  triedOf(policy: Policy, name: string): readonly Replication[] {
    return this.race.replicationsOf(policy, name, COMPARED);
  }
}

/**
 * The first of a row that holds, where all behind one that holds do too: looked for from a guess in growing steps, then by halves.
 *
 * @returns its place; null where none holds
 */
export const firstOrNull = (length: number, guess: number, holds: (at: number) => boolean): number | null => {
  let fails = -1;
  let found = length;
  let at = Math.min(length - 1, Math.max(0, guess));
  for (let step = 1; found - fails > 1; step *= 2) {
    if (holds(at)) found = at;
    else fails = at;
    if (fails < 0) at = Math.max(0, found - step);
    else if (found === length) at = Math.min(length - 1, fails + step);
    else at = Math.floor((fails + found) / 2);
  }
  return found === length ? null : found;
};
