import type { Nanoseconds } from "../units.ts";
import type { ColdStartPhase, ReplicaConfig } from "./config.ts";
import { DecodeStretch } from "./decode-stretch.ts";
import { KvCache } from "./kv-cache.ts";
import { LifeCycle } from "./life-cycle.ts";
import type { Meters } from "./meters.ts";
import type { RequestTable } from "./request-table.ts";
import { Scheduler } from "./scheduler.ts";
import { emptyBatch } from "./step-batch.ts";
import type { StepTimeModel } from "./step-batch.ts";

/** What every replica of a fleet has in common. */
export interface ReplicaContext {
  readonly config: ReplicaConfig;
  readonly stepTime: StepTimeModel;
  readonly table: RequestTable;
  readonly meters: Meters;
  readonly isStepwise: boolean;
}

/**
 * One server: a scheduler, its KV cache, and steps that follow each other while there is work.
 *
 * A step's tokens appear when it ends, and the next one starts at that instant. An arrival waits for the end of the step under way.
 */
export class Replica {
  readonly life: LifeCycle;
  readonly scheduler: Scheduler;
  /** When `step` is due; Infinity while there is nothing to do. */
  nextStepAt: Nanoseconds = Infinity;
  readonly #context: ReplicaContext;
  readonly #stretch: DecodeStretch;
  readonly #batch = emptyBatch();
  readonly #countStep: Meters["countStep"];
  #isStepping = false;
  #stepStartedAt: Nanoseconds = 0;
  #waitingSince: Nanoseconds = 0;

  /** @param id its number in order of creation */
  constructor(
    readonly id: number,
    context: ReplicaContext,
    coldStart: readonly ColdStartPhase[],
    now: Nanoseconds,
  ) {
    const { config, stepTime, table, meters } = context;
    this.#context = context;
    this.life = new LifeCycle(coldStart, now, meters);
    this.scheduler = new Scheduler(config, table, new KvCache(config.numGpuBlocks, config.blockSize, table), meters);
    this.#stretch = new DecodeStretch(config, stepTime, this.scheduler, table, this.#batch);
    this.#countStep = meters.countStep.bind(meters);
  }

  /** Requests it holds, waiting and running. */
  get outstanding(): number {
    return this.scheduler.waiting.length + this.scheduler.runningCount;
  }

  /** Takes a request in. May bring `nextStepAt` forward. */
  accept(request: number, now: Nanoseconds): void {
    this.#settleWaiting(now);
    this.scheduler.waiting.append(request);
    if (this.nextStepAt === Infinity) {
      this.nextStepAt = now;
    } else if (this.#stretch.length > 0 && this.#stretch.isOpenToArrivals) {
      this.#stretch.cutAt(now);
      this.nextStepAt = this.#stretch.endsAt;
    }
  }

  /**
   * Ends the step (or the stretch of steps) under way and starts the next, if there is work.
   *
   * @returns how many requests finished
   */
  step(now: Nanoseconds): number {
    const finished = this.#isStepping ? this.#endStep(now) : 0;
    if (this.outstanding > 0) {
      this.#startStep(now);
    } else {
      if (this.life.state === "busy") this.life.enter("idle", now);
      this.nextStepAt = Infinity;
    }
    return finished;
  }

  #startStep(now: Nanoseconds): void {
    const { meters, stepTime, isStepwise } = this.#context;
    if (this.life.state === "idle") this.life.enter("busy", now);
    this.#isStepping = true;
    this.#stepStartedAt = now;
    if (!isStepwise && this.#stretch.plan(now)) {
      this.nextStepAt = this.#stretch.endsAt;
      return;
    }
    this.#settleWaiting(now);
    this.scheduler.schedule(this.#batch);
    this.nextStepAt = now + stepTime.stepTime(this.#batch);
    meters.countStep(this.scheduler.kv.heldBlocks, now, this.nextStepAt, stepTime.isExtrapolated(this.#batch));
  }

  #endStep(now: Nanoseconds): number {
    this.#isStepping = false;
    if (this.#stretch.length > 0) this.#stretch.finish(this.#stepStartedAt, this.#countStep);
    this.#context.meters.running.add(this.scheduler.runningCount, this.#stepStartedAt, now);
    return this.scheduler.complete(now);
  }

  /** Accounts for the requests that have waited up to now. Before every change of their number. */
  #settleWaiting(now: Nanoseconds): void {
    this.#context.meters.queued.add(this.scheduler.waiting.length, this.#waitingSince, now);
    this.#waitingSince = now;
  }
}
