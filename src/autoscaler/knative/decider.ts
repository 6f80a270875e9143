import type { Seconds } from "../../units.ts";
import { ceilToInt32, MAX_INT32 } from "../int64.ts";
import { DelayWindow } from "./delay-window.ts";

/** Every so often a revision is evaluated, and as long is a slot of the scale-down delay. */
export const TICK: Seconds = 2;

/** What one evaluation goes by, all resolved. */
export interface DeciderSpec {
  /** What a replica is meant to have of the metric: its capacity times the target utilization. */
  readonly targetValue: number;
  /** What a replica can have: the capacity. */
  readonly totalValue: number;
  /** Room for so much more than there is; 0: the activator is in the path at no load alone, below 0: always. */
  readonly targetBurstCapacity: number;
  /** Panic from so many times the ready replicas on: 2 is 200 %. */
  readonly panicThreshold: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  readonly stableWindow: Seconds;
  readonly scaleDownDelay: Seconds;
  /** Replicas at the least while there is any load; 0 or 1: no such floor. */
  readonly activationScale: number;
  /** A route leads to the revision. */
  readonly isReachable: boolean;
}

/** The metric, summed over all replicas and averaged over the two windows. */
export interface WindowedMetric {
  readonly stable: number;
  readonly panic: number;
}

export interface Scale {
  readonly desired: number;
  /** Below 0 the replicas could not take the burst, and the activator buffers in front of them. */
  readonly excessBurstCapacity: number;
}

/**
 * How many replicas Knative's KPA wants of a revision (knative/serving, pkg/autoscaler/scaling/autoscaler.go).
 *
 * In the stable mode by the long window; in panic, begun by the short window and over a whole stable window after its last sign, by the
 * higher of both and never down.
 */
export class Decider {
  readonly #delay: DelayWindow | null;
  #panicSince: Seconds | null;
  #mostInPanic: number;

  /**
   * A decider for replicas that are there already begins in panic, so that it keeps them until it has seen a window.
   *
   * @param ready null where they could not be counted
   */
  constructor(
    public spec: DeciderSpec,
    ready: number | null,
    now: Seconds,
  ) {
    this.#delay = spec.scaleDownDelay > 0 ? new DelayWindow(spec.scaleDownDelay, TICK) : null;
    this.#panicSince = (ready ?? 0) > 1 ? now : null;
    this.#mostInPanic = ready ?? 0;
  }

  get panicSince(): Seconds | null {
    return this.#panicSince;
  }

  get mostInPanic(): number {
    return this.#mostInPanic;
  }

  /** Puts it into a given state of panic. */
  panic(since: Seconds | null, most: number): void {
    this.#panicSince = since;
    this.#mostInPanic = most;
  }

  /**
   * One evaluation.
   *
   * @param readyReplicas null where they could not be counted
   * @param metric null where there are no data
   * @returns null where the result must not be applied
   */
  scale(now: Seconds, readyReplicas: number | null, metric: WindowedMetric | null): Scale | null {
    if (readyReplicas === null || metric === null) return null;
    const { spec } = this;
    const ready = Math.max(1, readyReplicas);
    const most = Math.ceil(spec.maxScaleUpRate * ready);
    const least = spec.isReachable ? Math.floor(ready / spec.maxScaleDownRate) : 0;
    const forStable = Math.ceil(metric.stable / spec.targetValue);
    const forPanic = Math.ceil(metric.panic / spec.targetValue);
    const bounded = (wish: number): number => {
      const within = Math.min(Math.max(wish, least), most, MAX_INT32);
      return wish > 0 && spec.activationScale > 1 ? Math.max(within, spec.activationScale) : within;
    };
    const stable = bounded(forStable);
    this.#updatePanic(now, forPanic / ready >= spec.panicThreshold);

    let desired = stable;
    if (this.#panicSince !== null) {
      this.#mostInPanic = Math.max(this.#mostInPanic, stable, bounded(forPanic));
      desired = this.#mostInPanic;
    }
    if (spec.isReachable && this.#delay !== null) desired = this.#delay.record(now, desired);
    return { desired, excessBurstCapacity: excessBurstCapacity(spec, readyReplicas, metric.panic) };
  }

  #updatePanic(now: Seconds, isOver: boolean): void {
    if (isOver) {
      this.#panicSince = now;
    } else if (this.#panicSince !== null && this.#panicSince + this.spec.stableWindow < now) {
      this.#panicSince = null;
      this.#mostInPanic = 0;
    }
  }
}

/** What the ready replicas could take on top of what they have and of the burst they are to be ready for. */
const excessBurstCapacity = (spec: DeciderSpec, ready: number, panic: number): number => {
  if (spec.targetBurstCapacity === 0) return 0;
  if (spec.targetBurstCapacity < 0) return -1;
  return Math.floor(ready * spec.totalValue - spec.targetBurstCapacity - panic);
};

/** Activators that a revision is given: two at least, more where it and its burst need them. */
export const activatorCount = (spec: DeciderSpec, ready: number, activatorCapacity = 100): number =>
  spec.targetBurstCapacity === 0
    ? 2
    : Math.max(2, ceilToInt32((ready * spec.totalValue + Math.max(spec.targetBurstCapacity, 0)) / activatorCapacity));
