import { limitsOf, policyInWords, type Policy } from "../../fleet/policy.ts";
import { plain, quantity } from "../../format.ts";
import type { FleetSetup } from "../../scenario/resolve.ts";
import { spanOf } from "../notes.ts";
import type { Question } from "../search/question.ts";
import { Evaluator, cheapestOfGridOrNull, FACTORS, type Grid, type Trial, UNCHANGED } from "./evaluator.ts";
import { beginningWith, withFloorOrNull, withTargetOrNull } from "./policies.ts";
import type { Intervention } from "./intervention.ts";

/** Floors that are tried, as shares of the smallest fixed number; of a small one all. */
const FLOOR_SHARES = [0.2, 0.4, 0.6, 0.8] as const;
const SMALL = 5;

/** Floors between a policy's own minimum and a fixed fleet. */
const floorsBetween = (least: number, most: number): number[] => {
  const all = most <= SMALL ? Array.from({ length: most }, (_, i) => i) : FLOOR_SHARES.map((share) => Math.floor(share * most + 0.5));
  return [...new Set(all)].filter((floor) => floor > least && floor < most);
};

/** Fixed numbers are looked for up to so many times the answer. */
const MOST_TIMES = 4;

/** What a fleet is chosen from. */
export interface SearchSpace {
  readonly question: Question;
  /** What scales the fleet, its target as it was written or suggested; null: nothing does. */
  readonly policy: Policy | null;
  /** Replicas that the policy begins with, whatever its target; null: what the policy says. */
  readonly begins: number | null;
  /** The smallest fixed number, as far as is known. */
  readonly replicas: number;
}

/** Mean over the replications. */
export const gpuHoursOf = ({ replications }: Pick<Trial, "replications">): number =>
  replications.reduce((sum, { run }) => sum + run.gpu_hours, 0) / replications.length;

const cheapestOf = (trials: readonly Trial[]): Trial | null =>
  trials.reduce<Trial | null>((best, trial) => (best === null || gpuHoursOf(trial) < gpuHoursOf(best) ? trial : best), null);

/** Finds the cheapest setting that meets the objectives, whatever levers are pulled. What one search has simulated the next one knows. */
export class Optimizer {
  private readonly evaluators = new Map<string, Evaluator>();
  private readonly space: SearchSpace;
  /** Whether a fixed fleet is a setting too, though no lever allows it: where no autoscaler will do without levers. */
  private hasFixed = false;
  private guess = UNCHANGED;

  constructor(space: SearchSpace) {
    this.space = space;
  }

  /** The fleet with nothing pulled: the autoscaler at its best target; where none will do, the smallest fixed number. Later searches begin there. */
  referenceOrNull(): { readonly trial: Trial; readonly isScaled: boolean } | null {
    const scaled = this.scaledOrNull([], "nothing pulled", null, this.guess);
    this.hasFixed = scaled === null;
    this.guess = scaled?.at ?? UNCHANGED;
    const trial = scaled ?? this.fixedOrNull([], "nothing pulled");
    return trial === null ? null : { trial, isScaled: scaled !== null };
  }

  /** The cheapest setting with these levers pulled; null where none meets the objectives. */
  cheapestOrNull(interventions: readonly Intervention[], name: string): Trial | null {
    const hasFloors = interventions.some((intervention) => intervention.hasFloors === true);
    const scaled = this.scaledOrNull(interventions, name, null, this.guess);
    const fixed = hasFloors || this.hasFixed ? this.fixedOrNull(interventions, name) : null;
    const found = [scaled, fixed].filter((trial) => trial !== null);
    return cheapestOf([...found, ...(hasFloors ? this.floors(interventions, name, scaled, found) : [])]);
  }

  /** The setting that gives a replica least to do, as far as it was tried: what it misses, all do. Where nothing scales, the largest fixed number. */
  safest(interventions: readonly Intervention[], name: string): Pick<Trial, "name" | "replications"> {
    const rungs = this.rungs(interventions, null);
    const policy = rungs.at(-1);
    if (policy === undefined) {
      const { evaluator, policies } = this.fixedGrid(interventions, name);
      const most = policies.at(-1)!;
      return { name: policyInWords(most), replications: evaluator.triedOf(most, `levers, ${name}`) };
    }
    const replications = this.evaluatorOf(interventions).triedOf(policy, `levers, ${name}`);
    return { name: this.inWords(policy, rungs.length - 1), replications };
  }

  /** Forgets what was simulated with levers that change how replicas serve or start. */
  forget(): void {
    for (const key of this.evaluators.keys()) if (key !== "") this.evaluators.delete(key);
  }

  /** Floors between the policy's own minimum and the fixed fleet, lowest first: each may aim higher than the one before. Those that cost more whatever happens are left out. */
  private floors(interventions: readonly Intervention[], name: string, scaled: Trial | null, found: readonly Trial[]): Trial[] {
    const { policy, question, replicas } = this.space;
    if (policy === null) return [];
    const fixed = found.find((trial) => trial.policy.kind === "fixed")?.policy;
    const most = fixed?.kind === "fixed" ? fixed.replicas : replicas;
    const [least] = limitsOf(policy);
    const [seed = 0] = question.seeds;
    const hours = (spanOf(question.requestsOf(seed)) * (question.setup.gpusPerReplica ?? 1)) / 3600;
    const trials: Trial[] = [];
    let guess = scaled?.at ?? FACTORS.length - 1;
    for (const floor of floorsBetween(least, most)) {
      const best = cheapestOf([...found, ...trials]);
      if (best !== null && floor * hours >= gpuHoursOf(best)) break;
      const next = this.scaledOrNull(interventions, name, floor, guess, guess + 1);
      if (next === null) continue;
      trials.push(next);
      guess = next.at;
    }
    return trials;
  }

  /** Takes it that a lower target is never worse for latencies, and never cheaper. */
  private scaledOrNull(
    interventions: readonly Intervention[],
    name: string,
    floor: number | null,
    guess: number,
    within = Infinity,
  ): Trial | null {
    const policies = this.rungs(interventions, floor).slice(0, within);
    const nameOf = (at: number): string => `levers, ${name}, ${this.inWords(policies[at]!, at)}`;
    return cheapestOfGridOrNull({ evaluator: this.evaluatorOf(interventions), policies, nameOf }, guess, (policy, at) =>
      this.inWords(policy, at),
    );
  }

  /** Takes it that more replicas are never worse. */
  private fixedOrNull(interventions: readonly Intervention[], name: string): Trial | null {
    return cheapestOfGridOrNull(this.fixedGrid(interventions, name), this.space.replicas - 1, policyInWords);
  }

  private fixedGrid(interventions: readonly Intervention[], name: string): Grid {
    const { replicas, question } = this.space;
    const { failures, rolling_update: update } = question.setup.churn ?? {};
    // How replicas start matters to a fixed fleet only where some have to start again.
    const isStarting = failures !== undefined || update !== undefined;
    const evaluator = this.evaluatorOf(isStarting ? interventions : interventions.filter(({ isForFixed }) => isForFixed === true));
    const policies = Array.from({ length: MOST_TIMES * replicas }, (_, at): Policy => ({ kind: "fixed", replicas: at + 1 }));
    const nameOf = (at: number): string => `levers, ${name}, ${quantity(at + 1, "replica")}`;
    return { evaluator, policies, nameOf };
  }

  /** The policy at every target, the highest first; one that aims at nothing by itself. */
  private rungs(interventions: readonly Intervention[], floor: number | null): Policy[] {
    const { policy, begins } = this.space;
    if (policy === null) return [];
    return FACTORS.flatMap((factor): Policy[] => {
      const aimed = withTargetOrNull(policy, factor);
      if (aimed === null) return factor === 1 ? [policy] : [];
      const begun = begins === null ? aimed : beginningWith(aimed, begins);
      const standing = floor === null ? begun : withFloorOrNull(begun, floor);
      return standing === null
        ? []
        : [interventions.reduce((changed, intervention) => intervention.policy?.(changed) ?? changed, standing)];
    });
  }

  private evaluatorOf(interventions: readonly Intervention[]): Evaluator {
    const changing = interventions.filter(({ setup }) => setup !== undefined);
    const key = changing.map(({ lever, to }) => `${lever}: ${to}`).join("; ");
    const { question } = this.space;
    const setup = changing.reduce<FleetSetup>((changed, intervention) => intervention.setup!(changed), question.setup);
    const evaluator = this.evaluators.get(key) ?? new Evaluator(question, setup);
    this.evaluators.set(key, evaluator);
    return evaluator;
  }

  private inWords(policy: Policy, at: number): string {
    const words = policyInWords(policy);
    const factor = FACTORS[at] ?? 1;
    const isManifest = policy.kind === "manifest" && this.space.policy?.kind === "manifest";
    return isManifest && factor !== 1 ? `${words}, targets × ${plain(factor, 3)}` : words;
  }
}
