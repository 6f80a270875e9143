import type { Nanoseconds } from "../units.ts";
import type { ReplicaConfig } from "./config.ts";
import { DecodeStretch } from "./decode-stretch.ts";
import { LifeCycle } from "./life-cycle.ts";
import type { LifeSpans } from "./life-spans.ts";
import type { Meters } from "./meters.ts";
import type { RequestTable } from "./request-table.ts";
import { Scheduler } from "./scheduler.ts";
import { emptyBatch } from "./step-batch.ts";
import type { StepTimeModel } from "./step-batch.ts";

/** What every replica of a fleet has in common. */
export class ReplicaContext {
  /** When the next request that is known arrives at the fleet; Infinity after the last. */
  nextArrivalAt: Nanoseconds = Infinity;

  constructor(
    readonly config: ReplicaConfig,
    readonly stepTime: StepTimeModel,
    readonly table: RequestTable,
    readonly meters: Meters,
    readonly isStepwise: boolean,
    /** Where the replicas' lives are recorded, if anywhere. */
    readonly lifeSpans: LifeSpans | null = null,
  ) {}
}

/**
 * One server: a scheduler, its KV cache, and steps that follow each other while there is work.
 *
 * A step's tokens appear when it ends, and the next one starts at that instant. An arrival waits for the end of the step under way.
 */
export class Replica {
  readonly life: LifeCycle;
  readonly scheduler: Scheduler;
  /** Requests that it has been given: a counter. */
  received = 0;
  /** Its running requests over time, up to when it was last settled. Exact up to 2^53 ns. */
  runningTime: Nanoseconds = 0;
  /** When `step` is due; Infinity while there is nothing to do. */
  nextStepAt: Nanoseconds = Infinity;
  private readonly context: ReplicaContext;
  private readonly stretch: DecodeStretch;
  private readonly batch = emptyBatch();
  private isStepping = false;
  /** Blocks of requests that were taken away during the step under way, at whose end vLLM frees them. */
  private leavingBlocks = 0;
  private stepStartedAt: Nanoseconds = 0;
  /** Up to when the running requests of the step under way are accounted for. */
  private runningSince: Nanoseconds = 0;
  private waitingSince: Nanoseconds = 0;
  /** Up to when the KV blocks of the step under way are accounted for; those of a stretch are when it is over. */
  private blocksSince: Nanoseconds = 0;

  /**
   * @param id its number in order of creation
   * @param isReady whether it serves at once; otherwise it begins to start
   */
  constructor(
    readonly id: number,
    context: ReplicaContext,
    isReady: boolean,
    now: Nanoseconds,
  ) {
    const { config, stepTime, table, meters } = context;
    this.context = context;
    this.life = new LifeCycle(isReady, now, meters, id, context.lifeSpans);
    this.scheduler = new Scheduler(config, table, meters);
    this.stretch = new DecodeStretch(config, stepTime, this.scheduler, table, meters);
  }

  /** Requests it holds, waiting and running. */
  get outstanding(): number {
    return this.scheduler.waiting.length + this.scheduler.runningCount;
  }

  /** Share of the KV blocks that requests hold during the step under way. */
  kvUseAt(now: Nanoseconds, isBeforeSteps: boolean): number {
    const { kv } = this.scheduler;
    const held =
      kv.heldBlocks + this.leavingBlocks + (this.stretch.length > 0 ? this.stretch.blocksTakenAt(isBeforeSteps ? now : now + 1) : 0);
    return held / kv.usableBlocks;
  }

  /**
   * Takes a request in. May bring `nextStepAt` forward.
   *
   * @param isBeforeSteps whether the steps that end at this instant are still to end, so that what begins then sees the request
   */
  accept(slot: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    this.settleWaiting(now);
    this.received += 1;
    this.scheduler.waiting.append(slot);
    this.context.table.replica[slot] = this.id;
    if (this.nextStepAt === Infinity) {
      this.nextStepAt = now;
    } else if (this.stretch.length > 0 && this.stretch.isOpenToArrivals) {
      this.stretch.cutAt(isBeforeSteps ? now : now + 1);
      this.nextStepAt = this.stretch.endsAt;
    }
  }

  /**
   * Takes a request away, waiting or running: it is computed to the end of the step under way, whose result for it is dropped, and then its
   * blocks are free. It keeps what it has produced, and may be given to another replica at once. May bring `nextStepAt` forward.
   *
   * @param slot of a request that this replica holds
   * @param isBeforeSteps whether the steps that end at this instant are still to end, so that what they give it is dropped
   */
  abort(slot: number, now: Nanoseconds, isBeforeSteps: boolean): void {
    this.interrupt(now, isBeforeSteps);
    this.settle(now);
    const { kv } = this.scheduler;
    const before = kv.heldBlocks;
    this.scheduler.abort(slot);
    if (this.isStepping) this.leavingBlocks += before - kv.heldBlocks;
    this.context.table.replica[slot] = -1;
  }

  /**
   * Takes all requests away.
   *
   * @returns their slots: the running ones in order of admission, then the waiting ones in the order in which they would have been admitted
   */
  abortAll(now: Nanoseconds, isBeforeSteps: boolean): number[] {
    const { scheduler } = this;
    const slots: number[] = [];
    const take = (slot: number): void => {
      this.abort(slot, now, isBeforeSteps);
      slots.push(slot);
    };
    while (scheduler.runningCount > 0) take(scheduler.running[0]!);
    while (scheduler.waiting.length > 0) take(scheduler.waiting.first());
    return slots;
  }

  /** Stops in the middle of whatever it does: no step is due any more. It must hold no request. */
  halt(now: Nanoseconds): void {
    this.settle(now);
    this.isStepping = false;
    this.leavingBlocks = 0;
    this.nextStepAt = Infinity;
  }

  /** Makes the step that a stretch is in the only one under way, as it would be without the fast path. */
  private interrupt(now: Nanoseconds, isBeforeSteps: boolean): void {
    if (this.stretch.length === 0) return;
    this.stretch.cutAt(isBeforeSteps ? now : now + 1);
    this.nextStepAt = this.stretch.endsAt;
    this.blocksSince = this.stretch.finish(this.stepStartedAt);
  }

  /** Ends the step (or the stretch of steps) under way and starts the next, if there is work. `scheduler.finished` says who left. */
  step(now: Nanoseconds): void {
    if (this.isStepping) this.endStep(now);
    else this.scheduler.finishedCount = 0;
    if (this.outstanding > 0) {
      this.startStep(now);
    } else {
      if (this.life.state === "busy") this.life.enter("idle", now);
      this.nextStepAt = Infinity;
    }
  }

  private startStep(now: Nanoseconds): void {
    const { meters, stepTime, isStepwise, nextArrivalAt } = this.context;
    if (this.life.state === "idle") this.life.enter("busy", now);
    this.isStepping = true;
    this.stepStartedAt = now;
    this.runningSince = now;
    this.blocksSince = now;
    if (!isStepwise && this.stretch.plan(now, nextArrivalAt)) {
      // Of its last step: `endStep` counts them.
      this.batch.tokens = this.scheduler.runningCount;
      this.nextStepAt = this.stretch.endsAt;
      return;
    }
    this.settleWaiting(now);
    meters.now = now;
    do this.scheduler.schedule(this.batch);
    while (this.batch.tokens === 0);
    this.nextStepAt = now + stepTime.stepTime(this.batch);
    meters.steps += 1;
    if (stepTime.isExtrapolated(this.batch)) meters.extrapolatedSteps += 1;
  }

  private endStep(now: Nanoseconds): void {
    if (this.stretch.length > 0) this.blocksSince = this.stretch.finish(this.stepStartedAt);
    this.settleStep(now);
    this.isStepping = false;
    this.context.meters.computed.add(this.batch.tokens, now - 1);
    this.leavingBlocks = 0;
    this.scheduler.complete(now);
  }

  /** Accounts for all time up to now, but for the KV blocks of a stretch of steps under way. */
  settle(now: Nanoseconds): void {
    this.life.settle(now);
    this.settleWaiting(now);
    if (this.isStepping) this.settleStep(now);
  }

  private settleStep(now: Nanoseconds): void {
    const { meters } = this.context;
    meters.running.add(this.scheduler.runningCount, this.runningSince, now);
    this.runningTime += this.scheduler.runningCount * (now - this.runningSince);
    this.runningSince = now;
    if (this.stretch.length > 0) return;
    meters.kvBlocks.add(this.scheduler.kv.heldBlocks + this.leavingBlocks, this.blocksSince, now);
    this.blocksSince = now;
  }

  /** Accounts for the requests that have waited up to now. Before every change of their number. */
  private settleWaiting(now: Nanoseconds): void {
    this.context.meters.queued.add(this.scheduler.waiting.length, this.waitingSince, now);
    this.waitingSince = now;
  }
}
