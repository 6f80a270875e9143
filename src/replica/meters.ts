import { WindowedIntegral } from "../sim/windowed-integral.ts";
import type { Nanoseconds } from "../units.ts";

/** Where a replica's paid time goes; each instant of it is in exactly one. */
export const paidStates = ["provisioning", "loading", "warming", "busy", "idle"] as const;
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
  /** Replicas that take new requests: ready and not draining. */
  readonly ready: WindowedIntegral;
  /** Requests that wait: at a replica or in front of the fleet. */
  readonly queued: WindowedIntegral;
  /** Requests in running batches. */
  readonly running: WindowedIntegral;
  readonly kvBlocks: WindowedIntegral;
  steps = 0;
  extrapolatedSteps = 0;
  preemptions = 0;
  /** Tokens that preemption threw out of a cache: each is prefilled again. */
  recomputedTokens = 0;

  constructor(readonly window: Nanoseconds) {
    this.provisioning = new WindowedIntegral(window);
    this.loading = new WindowedIntegral(window);
    this.warming = new WindowedIntegral(window);
    this.busy = new WindowedIntegral(window);
    this.idle = new WindowedIntegral(window);
    this.ready = new WindowedIntegral(window);
    this.queued = new WindowedIntegral(window);
    this.running = new WindowedIntegral(window);
    this.kvBlocks = new WindowedIntegral(window);
  }

  /** Counts one engine step. */
  countStep(heldBlocks: number, from: Nanoseconds, to: Nanoseconds, isExtrapolated: boolean): void {
    this.kvBlocks.add(heldBlocks, from, to);
    this.steps += 1;
    if (isExtrapolated) this.extrapolatedSteps += 1;
  }
}
