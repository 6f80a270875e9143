import { WindowedCount } from "../sim/windowed-count.ts";
import { WindowedIntegral } from "../sim/windowed-integral.ts";
import type { Nanoseconds } from "../units.ts";

/** Where a replica's paid time goes; each instant of it is in exactly one. */
export const paidStates = ["provisioning", "loading", "warming", "busy", "idle", "asleep"] as const;
export type PaidState = (typeof paidStates)[number];

/**
 * What all replicas of a run add up to.
 *
 * Integrals over time are exact and do not depend on the order of additions, so replicas may report late and in any order.
 */
export class Meters {
  readonly provisioning: WindowedIntegral;
  readonly loading: WindowedIntegral;
  readonly warming: WindowedIntegral;
  readonly busy: WindowedIntegral;
  readonly idle: WindowedIntegral;
  /** Replicas and nodes that stand by. */
  readonly asleep: WindowedIntegral;
  /** Nodes that are kept after their replica has gone. */
  readonly keptNodes: WindowedIntegral;
  /** Replicas that take new requests: ready and not draining. */
  readonly ready: WindowedIntegral;
  /** Requests that wait: at a replica or in front of the fleet. */
  readonly queued: WindowedIntegral;
  /** Requests that are held back in front of the fleet, or whose client waits to try again. */
  readonly deferred: WindowedIntegral;
  /** Requests in running batches. */
  readonly running: WindowedIntegral;
  readonly kvBlocks: WindowedIntegral;
  /** Tokens that steps have computed, prefill and decode, in the window in which their step ended. */
  readonly computed: WindowedCount;
  /** Tokens of requests admitted for the first time, and how many tokens were found that others had computed. */
  readonly queried: WindowedCount;
  readonly hits: WindowedCount;
  /** When the step that is being scheduled begins. */
  now: Nanoseconds = 0;
  steps = 0;
  extrapolatedSteps = 0;
  preemptions = 0;
  /** Tokens that preemption threw out: each is prefilled again, or found again in the prefix cache. */
  preemptedTokens = 0;
  /** Tokens that preemption threw out and that were found again in the prefix cache. */
  foundAgainTokens = 0;
  /** Tokens that were computed for requests which were taken away from their replica and have not gone on elsewhere. */
  abandonedTokens = 0;

  constructor(window: Nanoseconds) {
    this.provisioning = new WindowedIntegral(window);
    this.loading = new WindowedIntegral(window);
    this.warming = new WindowedIntegral(window);
    this.busy = new WindowedIntegral(window);
    this.idle = new WindowedIntegral(window);
    this.asleep = new WindowedIntegral(window);
    this.keptNodes = new WindowedIntegral(window);
    this.ready = new WindowedIntegral(window);
    this.queued = new WindowedIntegral(window);
    this.deferred = new WindowedIntegral(window);
    this.running = new WindowedIntegral(window);
    this.kvBlocks = new WindowedIntegral(window);
    this.computed = new WindowedCount(window);
    this.queried = new WindowedCount(window);
    this.hits = new WindowedCount(window);
  }

  get queriedTokens(): number {
    return this.queried.total;
  }

  get hitTokens(): number {
    return this.hits.total;
  }

  get window(): Nanoseconds {
    return this.busy.window;
  }

  /** Makes the windows `factor` times as long. */
  coarsen(factor: number): void {
    for (const integral of this.integrals()) integral.coarsen(factor);
    for (const count of [this.computed, this.queried, this.hits]) count.coarsen(factor);
  }

  private integrals(): readonly WindowedIntegral[] {
    const { provisioning, loading, warming, busy, idle, asleep, keptNodes, ready, queued, deferred, running, kvBlocks } = this;
    return [provisioning, loading, warming, busy, idle, asleep, keptNodes, ready, queued, deferred, running, kvBlocks];
  }

  /** A request is admitted for the first time: of its tokens, so many were found in the prefix cache. */
  countFirstLookup(tokens: number, found: number): void {
    this.queried.add(tokens, this.now);
    this.hits.add(found, this.now);
  }

  /** A preempted request is admitted again: so many tokens were found, of those it had lost; what it finds beyond them others have computed. */
  countResumed(found: number, lost: number): void {
    const own = Math.min(found, lost);
    this.foundAgainTokens += own;
    this.hits.add(found - own, this.now);
  }

  /** A request is taken away that held so many tokens, or had lost so many to a preemption and waited to run again. */
  countAbort(held: number, lostBefore: number): void {
    this.abandonedTokens += held + lostBefore;
    this.preemptedTokens -= lostBefore;
  }

  /** A request that was taken away goes on elsewhere: the tokens that it has lost it computes again. */
  countHandOver(lost: number): void {
    this.abandonedTokens -= lost;
    this.preemptedTokens += lost;
  }

  countPreemption(computed: number): void {
    this.preemptions += 1;
    this.preemptedTokens += computed;
  }
}
