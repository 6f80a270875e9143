import type { Policy } from "../../fleet/policy.ts";
import { BY_DEFAULT, canDiffer, OTHERS, withBehavior, type NamedBehavior } from "./behaviors.ts";
import { dominates, measuresOf, type Measures } from "./measures.ts";
import { otherPools, poolOf, withPool } from "./pools.ts";
import type { Question } from "./question.ts";
import { Race } from "./racing.ts";
import { candidateOf, type Replication } from "./replications.ts";
import { hpaOf, targetOf, type FixedAnswer, type Hpa } from "./targets.ts";
import type { Candidate } from "../schema.ts";
import type { Verdict } from "../objectives/verdict.ts";

/** Shares of the rate that a replica sustains which the autoscaler is told to fill, the cheapest first. */
const TARGET_SHARES = [0.9, 0.8, 0.65, 0.5] as const;

/** Replications after which one that is beaten is given up. */
const LOOKED_AT = 2;

/** A floor with an autoscaler on top, simulated. */
export interface Hybrid {
  /** Short enough for a table: `floor 2, target 13.9, down after 30 min`. */
  readonly name: string;
  readonly policy: Policy;
  readonly floor: number;
  /** Size of the warm pool; null where the scenario has none. */
  readonly pool: number | null;
  readonly verdict: Verdict;
  readonly replications: readonly Replication[];
  /** Whether it is of the four targets with Kubernetes' default behavior and the scenario's own pool: found without a thorough search too. */
  readonly isUsual: boolean;
}

/** A target on requests in flight, and the share of the sustained rate that it stands for. */
interface Target {
  readonly share: number;
  readonly target: number;
}

/**
 * Floors below the fixed answer with a Kubernetes HPA on top, on requests in flight: for each of four targets, and two more beside the
 * cheapest of them, the lowest floor with which the objectives are met; from there on other behaviors, and other sizes of the scenario's warm pool, with that floor and lower ones.
 * It takes it that a higher floor is never worse.
 *
 * A policy that is hopeless after two replications is dropped, and so is one that another, which meets the objectives, beats in cost, tail
 * and churn in both of them. What is given was looked into until its verdict stood.
 *
 * A target is what a replica of the fixed fleet holds in flight at a share of the rate that it sustains (Little's law, by a simulation at that rate).
 *
 * @param isThorough otherwise the four targets with Kubernetes' default behavior are all
 */
export const hybrids = (question: Question, fixed: FixedAnswer, isThorough = true): Hybrid[] =>
  new HybridSearch(question, fixed).all(isThorough);

/** The cheapest of those that a search which is not thorough finds too; null where none of them meets the objectives. */
export const cheapestUsualOrNull = (found: readonly Hybrid[], { objectives }: Question): Candidate | null => {
  const [cheapest = null] = found
    .filter(({ isUsual, verdict }) => isUsual && verdict === "meets")
    .map(({ replications }) => candidateOf(replications, objectives))
    .sort((a, b) => a.gpu_hours - b.gpu_hours);
  return cheapest;
};

interface Found extends Hybrid, Pick<Target, "share"> {
  /** Of the replications that others are held against. */
  readonly measures: readonly Measures[];
}

class HybridSearch {
  private readonly question: Question;
  private readonly fixed: FixedAnswer;
  private readonly races = new Map<number | null, Race>();
  private readonly found: Found[] = [];
  private readonly floors = new Map<Target, number>();

  constructor(question: Question, fixed: FixedAnswer) {
    this.question = question;
    this.fixed = fixed;
  }

  all(isThorough: boolean): Hybrid[] {
    const most = this.fixed.replicas - 1;
    if (most < 1) return [];
    for (const share of TARGET_SHARES) this.searchFloor(share, most);
    if (!isThorough) return this.found;
    for (const share of this.sharesBesideTheCheapest()) this.searchFloor(share, most);
    for (const [target, floor] of this.floors) {
      for (const behavior of OTHERS) {
        if (canDiffer(behavior, this.hpa(target, floor))) this.descend(target, floor, behavior, poolOf(this.question));
      }
      for (const pool of otherPools(this.question, 2 * this.fixed.replicas)) this.descend(target, floor, BY_DEFAULT, pool);
    }
    return this.found;
  }

  private searchFloor(share: number, most: number): void {
    const target = { share, target: targetOf(this.question, this.fixed, share) };
    // Few requests in flight: two shares may come to the same tenth.
    if ([...this.floors.keys()].some((known) => known.target === target.target)) return;
    this.floors.set(target, this.lowestFloor(target, most, poolOf(this.question)));
  }

  /** Halfway from the share that is the cheapest to the ones beside it. */
  private sharesBesideTheCheapest(): number[] {
    const [cheapest] = this.found
      .filter(({ verdict }) => verdict === "meets")
      .map(({ share, replications }) => ({ share, hours: candidateOf(replications, this.question.objectives).gpu_hours }))
      .sort((a, b) => a.hours - b.hours);
    if (cheapest === undefined) return [];
    const { share } = cheapest;
    const shares = [1, ...TARGET_SHARES];
    const at = shares.indexOf(share);
    return [shares[at - 1], shares[at + 1]].flatMap((other) => (other === undefined ? [] : [(share + other) / 2]));
  }

  /** The lowest floor that meets the objectives with Kubernetes' defaults; the highest that was asked where none does. */
  private lowestFloor(target: Target, most: number, pool: number | null): number {
    if (this.decide(target, most, BY_DEFAULT, pool) !== "meets") return most;
    let misses = 0;
    let suffices = most;
    while (suffices - misses > 1) {
      const middle = Math.floor((misses + suffices) / 2);
      if (this.decide(target, middle, BY_DEFAULT, pool) === "meets") suffices = middle;
      else misses = middle;
    }
    return suffices;
  }

  /** From a floor downwards while the objectives are met and nothing better is known. */
  private descend(target: Target, from: number, behavior: NamedBehavior, pool: number | null): void {
    for (let floor = from; floor >= 1; floor -= 1) {
      if (this.decide(target, floor, behavior, pool, true) !== "meets") return;
    }
  }

  /** @param isRaced it is given up, undecided, where it is beaten */
  private decide(target: Target, floor: number, behavior: NamedBehavior, pool: number | null, isRaced = false): Verdict {
    const race = this.raceOf(pool);
    const policy = withBehavior(this.hpa(target, floor), behavior);
    const name = [`floor ${floor}`, `target ${target.target}`, behavior.name, poolName(pool)].filter((part) => part !== "").join(", ");
    if (isRaced && this.isBeaten(this.measuresOf(race.replicationsOf(policy, name, LOOKED_AT)))) return "undecided";
    const verdict = race.decide(policy, name);
    const replications = race.replicationsOf(policy, name);
    this.found.push({
      name,
      share: target.share,
      policy,
      floor,
      pool,
      verdict,
      replications,
      isUsual: !isRaced && TARGET_SHARES.some((share) => share === target.share),
      measures: this.measuresOf(replications),
    });
    return verdict;
  }

  private measuresOf(replications: readonly Replication[]): Measures[] {
    return replications.slice(0, LOOKED_AT).map((one) => measuresOf(candidateOf([one], this.question.objectives)));
  }

  private isBeaten(mine: readonly Measures[]): boolean {
    return this.found.some(({ verdict, measures }) => verdict === "meets" && mine.every((each, i) => dominates(measures[i]!, each)));
  }

  private raceOf(pool: number | null): Race {
    const race = this.races.get(pool) ?? new Race(pool === null ? this.question : withPool(this.question, pool));
    this.races.set(pool, race);
    return race;
  }

  private hpa({ share, target }: Target, floor: number): Hpa {
    return hpaOf(this.fixed, share, target, floor);
  }
}

const poolName = (pool: number | null): string => (pool === null ? "" : pool === 0 ? "no pool" : `pool ${pool}`);
