import type { Policy } from "../fleet/policy.ts";
import { replicate, verdictOf, type Question, type Replication } from "./replications.ts";
import type { Objective } from "./objectives.ts";
import type { Counts } from "./counts.ts";
import { isHopeless, type Verdict } from "./verdict.ts";

/** A policy that is not hopeless after two replications is given so many, and twice as many while it is undecided: few looks, so that few mislead. */
const FIRST_ROUND = 4;

/**
 * Simulates policies on as many replications as it takes to say whether they meet the objectives: one that is hopeless is dropped after
 * two, one that is close is repeated until the question's seeds are used up. Replications are remembered: asking again is free.
 */
export class Race {
  private readonly question: Question;
  private readonly isJudged: (objective: Objective) => boolean;
  private readonly known = new Map<string, Replication[]>();

  /** @param isJudged which objectives count; all by default */
  constructor(question: Question, isJudged: (objective: Objective) => boolean = () => true) {
    this.question = question;
    this.isJudged = isJudged;
  }

  /** What the objectives come to under a policy, on as few replications as decide it; hopeless ones are not looked into. */
  decide(policy: Policy, name: string): Verdict {
    const { seeds, objectives } = this.question;
    const replications = this.replicationsOf(policy, name, Math.min(2, seeds.length));
    return replications.length > 1 && isHopeless(countsOf(replications), objectives, this.isJudged) ? "misses" : this.settle(policy, name);
  }

  /** What the intervals over replications say, on at least one round of them. */
  settle(policy: Policy, name: string): Verdict {
    const { seeds, objectives } = this.question;
    for (let count = FIRST_ROUND; ; count *= 2) {
      const replications = this.replicationsOf(policy, name, count);
      const verdict = verdictOf(countsOf(replications), objectives, this.isJudged);
      if (verdict !== "undecided" || replications.length >= seeds.length) return verdict;
    }
  }

  /** The replications that a policy has had so far, at least so many. */
  replicationsOf(policy: Policy, name: string, least = 0): readonly Replication[] {
    const { seeds, onProgress } = this.question;
    const key = JSON.stringify(policy);
    const found = this.known.get(key) ?? [];
    this.known.set(key, found);
    while (found.length < Math.min(least, seeds.length)) {
      const seed = seeds[found.length]!;
      onProgress(`${name}, seed ${seed}`);
      found.push(replicate(this.question, policy, seed));
    }
    return found;
  }
}

const countsOf = (replications: readonly Replication[]): Counts[] => replications.map(({ counts }) => counts);
