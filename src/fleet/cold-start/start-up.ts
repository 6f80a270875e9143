import type { Duration } from "../../replica/cold-start/duration.ts";
import type { Seconds } from "../../units.ts";
import type { Policy } from "../policy.ts";

/** Replicas or nodes that stand by, so that a scale-up need not begin from nothing. */
export interface WarmPoolConfig {
  /** As many are kept ready; the pool is full at time 0 and refills by cold starts. */
  readonly size: number;
  /** Phases of the cold start that a member has been through while it stands by. */
  readonly prepared: number;
  /**
   * `asleep`: a process with its weights in host memory, which goes on after its last phase when it wakes. `node`: a node without a process:
   * the cold start begins again, on a node that knows what it has been through.
   */
  readonly kind: "asleep" | "node";
  /** From the scale-up until it goes on. */
  readonly wake: Duration;
  /** Share of a GPU's price that a member costs while it stands by. */
  readonly paidShare: number;
}

/** What the replicas that start have in common. */
export interface StartUpConfig {
  /** A node stays so long after its replica has gone. */
  readonly keepNode: Seconds;
  readonly warmPool: WarmPoolConfig | null;
}

/** Every replica begins from nothing. */
export const COLD: StartUpConfig = { keepNode: 0, warmPool: null };

/** A fixed fleet never scales up, so it keeps no warm pool. */
export const startUpOf = ({ startUp = COLD, policy }: { readonly startUp?: StartUpConfig; readonly policy: Policy }): StartUpConfig =>
  policy.kind === "fixed" ? { ...startUp, warmPool: null } : startUp;
