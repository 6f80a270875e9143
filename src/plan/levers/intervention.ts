import type { Policy } from "../../fleet/policy.ts";
import type { Objectives } from "../../scenario/objectives.ts";
import type { FleetSetup } from "../../scenario/resolve.ts";
import type { Request } from "../../traffic/request.ts";
import type { LeverName } from "./schema.ts";

/** One way to pull a lever: what it changes, and in words. */
export interface Intervention {
  readonly lever: LeverName;
  readonly from: string;
  readonly to: string;
  readonly setup?: (setup: FleetSetup) => FleetSetup;
  readonly policy?: (policy: Policy) => Policy;
  /** Whether a floor may stand, up to a fleet that never scales. */
  readonly hasFloors?: true;
  /** Whether it changes what a fleet does that never scales. */
  readonly isForFixed?: true;
}

/** The ways to pull a lever, of which the cheapest is taken; or why it has no effect. */
export type Interventions =
  | { readonly kind: "interventions"; readonly lever: LeverName; readonly interventions: readonly [Intervention, ...Intervention[]] }
  | NoEffect;
export interface NoEffect {
  readonly kind: "no-effect";
  readonly lever: LeverName;
  readonly because: string;
}

export const interventionsOf = (first: Intervention, ...others: readonly Intervention[]): Interventions => ({
  kind: "interventions",
  lever: first.lever,
  interventions: [first, ...others],
});
export const noEffect = (lever: LeverName, because: string): NoEffect => ({ kind: "no-effect", lever, because });

/** What a lever goes by. */
export interface LeverContext {
  readonly setup: FleetSetup;
  readonly objectives: Objectives;
  /** What scales the fleet; null: nothing does. */
  readonly policy: Policy | null;
  /** The smallest fixed number that meets the objectives. */
  readonly replicas: number;
  /** Requests that a replica holds at the highest steady rate that it sustains; null where there is none. */
  readonly inFlight: number | null;
  /** Of one replication. */
  readonly requests: readonly Request[];
}

/** Nothing of how a fleet scales matters where nothing scales it. */
export const NOTHING_SCALES = "nothing scales this fleet";
