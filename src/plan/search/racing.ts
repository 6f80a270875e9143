import type { Policy } from "../../fleet/policy.ts";
import type { Counts } from "../objectives/counts.ts";
import { questionsUnderHardship } from "./hardships.ts";
import type { Objective } from "../objectives/objectives.ts";
import type { Question } from "./question.ts";
import { replicate, verdictOf, type Replication } from "./replications.ts";
import { isEnough, isHopeless, strainOf, worst, type Verdict } from "../objectives/verdict.ts";

/** A policy that is not hopeless after two replications is given so many, and twice as many at each further look while it is undecided: few looks, so that few mislead. */
const FIRST_ROUND = 4;

interface Standing {
  readonly verdict: Verdict;
  /** How much of what is allowed the worst objective takes. */
  readonly strain: number;
}

const isWorse = (one: Standing | null, other: Standing | null): boolean => {
  if (one === null || other === null) return one !== null;
  return one.verdict === other.verdict ? one.strain > other.strain : worst([one.verdict, other.verdict]) === one.verdict;
};

/** A race under one hardship, or under none. */
class SingleRace {
  private readonly question: Question;
  private readonly isJudged: (objective: Objective) => boolean;
  private readonly known = new Map<string, Replication[]>();

  constructor(question: Question, isJudged: (objective: Objective) => boolean) {
    this.question = question;
    this.isJudged = isJudged;
  }

  decide(policy: Policy, name: string): Verdict {
    const { seeds, objectives } = this.question;
    const replications = this.replicationsOf(policy, name, Math.min(2, seeds.length));
    return replications.length > 1 && isHopeless(countsOf(replications), objectives, this.isJudged) ? "misses" : this.settle(policy, name);
  }

  settle(policy: Policy, name: string): Verdict {
    const { seeds, objectives } = this.question;
    for (let count = FIRST_ROUND; ; count *= 2) {
      const replications = this.replicationsOf(policy, name, count);
      const verdict = verdictOf(countsOf(replications), objectives, this.isJudged);
      const isDecided = verdict !== "undecided" && (verdict === "misses" || isEnough(countsOf(replications), objectives, this.isJudged));
      if (isDecided || replications.length >= seeds.length) return verdict;
    }
  }

  replicationsOf(policy: Policy, name: string, least: number): readonly Replication[] {
    const { seeds, onProgress, hardship } = this.question;
    const key = JSON.stringify(policy);
    const found = this.known.get(key) ?? [];
    this.known.set(key, found);
    while (found.length < Math.min(least, seeds.length)) {
      const seed = seeds[found.length]!;
      onProgress(`${name}${hardship === undefined ? "" : `, ${hardship.name}`}, seed ${seed}`);
      found.push(replicate(this.question, policy, seed));
    }
    return found;
  }

  forget(policy: Policy): void {
    this.known.delete(JSON.stringify(policy));
  }

  /** How a policy stands, as far as its replications tell; null: there are none. */
  standingOrNull(policy: Policy): Standing | null {
    const counts = countsOf(this.known.get(JSON.stringify(policy)) ?? []);
    const { objectives } = this.question;
    return counts.length === 0
      ? null
      : { verdict: verdictOf(counts, objectives, this.isJudged), strain: strainOf(counts, objectives, this.isJudged) };
  }
}

/**
 * Simulates policies on as many replications as it takes to say whether they meet the objectives: one that is hopeless is dropped after
 * two, one that is close is repeated until the question's seeds are used up. Replications are remembered: asking again is free.
 *
 * Where the fleet has to survive something, under each hardship, and the worst decides: one that is missed ends it.
 */
export class Race {
  private readonly races: readonly SingleRace[];
  /** Without what the fleet has to survive; null where that is nothing. */
  private readonly calm: SingleRace | null;

  /** @param isJudged which objectives count; all by default */
  constructor(question: Question, isJudged: (objective: Objective) => boolean = () => true) {
    this.races = questionsUnderHardship(question).map((each) => new SingleRace(each, isJudged));
    this.calm = this.races.length === 1 ? null : new SingleRace(question, isJudged);
  }

  /** What the objectives come to under a policy, on as few replications as decide it; hopeless ones are not looked into. */
  decide(policy: Policy, name: string): Verdict {
    return this.worst((race) => race.decide(policy, name));
  }

  /** What the intervals over replications say, on at least one round of them. */
  settle(policy: Policy, name: string): Verdict {
    return this.worst((race) => race.settle(policy, name));
  }

  /** The replications that a policy has had so far, at least so many: of several hardships, those of the one with the worst verdict, of equals the one that comes closest to a limit or is the furthest beyond. Each has the same without any of them beside it, simulated when it is asked for. */
  replicationsOf(policy: Policy, name: string, least = 0): readonly Replication[] {
    const decisive = this.races.reduce((worse, race) =>
      isWorse(race.standingOrNull(policy), worse.standingOrNull(policy)) ? race : worse,
    );
    const { calm } = this;
    const replications = decisive.replicationsOf(policy, name, least);
    if (calm === null) return replications;
    return replications.map((each, i) => ({ ...each, calm: () => calm.replicationsOf(policy, name, i + 1)[i]! }));
  }

  /** Forgets a policy's replications, which are large; asked for again, they are simulated again, to the same. */
  forget(policy: Policy): void {
    for (const race of [...this.races, ...(this.calm === null ? [] : [this.calm])]) race.forget(policy);
  }

  private worst(verdictIn: (race: SingleRace) => Verdict): Verdict {
    let found: Verdict = "meets";
    for (const race of this.races) {
      found = worst([found, verdictIn(race)]);
      if (found === "misses") break;
    }
    return found;
  }
}

const countsOf = (replications: readonly Replication[]): Counts[] => replications.map(({ counts }) => counts);
