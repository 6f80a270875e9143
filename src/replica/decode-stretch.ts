import type { Nanoseconds } from "../units.ts";
import type { ReplicaConfig } from "./config.ts";
import type { RequestTable } from "./request-table.ts";
import type { Scheduler } from "./scheduler.ts";
import type { StepBatch, StepTimeModel } from "./step-batch.ts";
import { clearBatch } from "./step-batch.ts";

/** Steps looked ahead at most: what an arrival interrupts has been computed in vain. */
const LONGEST = 512;

/**
 * The fast path: a run of steps in which every running request decodes one token and the scheduler has nothing to decide.
 *
 * It lasts until a request finishes, a block is wanted that is not free, or an arrival could be admitted. Each step's time comes from
 * the same model with the same batch as the scheduler would have made, so skipping the scheduler changes no result.
 */
export class DecodeStretch {
  /** Steps planned; 0 when there is no stretch. */
  length = 0;
  /** Whether an arrival at this replica could be admitted at the next step, so that the stretch must end there. */
  isOpenToArrivals = false;
  readonly #stepTime: StepTimeModel;
  readonly #scheduler: Scheduler;
  readonly #table: RequestTable;
  readonly #ends = new Float64Array(LONGEST);
  /** Running requests by how full their last block is, when the stretch began. */
  readonly #fill: Int32Array;
  readonly #batch: StepBatch;
  #keys = 0;
  #context = 0;

  constructor(config: ReplicaConfig, stepTime: StepTimeModel, scheduler: Scheduler, table: RequestTable, batch: StepBatch) {
    this.#stepTime = stepTime;
    this.#scheduler = scheduler;
    this.#table = table;
    this.#fill = new Int32Array(config.blockSize);
    this.#batch = batch;
  }

  /** When the stretch ends, as planned or cut. */
  get endsAt(): Nanoseconds {
    return this.#ends[this.length - 1]!;
  }

  /** Plans the stretch that can begin now, if any; a single step is left to the scheduler. */
  plan(now: Nanoseconds): boolean {
    this.length = 0;
    const { waiting, runningCount, kv } = this.#scheduler;
    if (runningCount === 0 || (waiting.length > 0 && !this.#scheduler.isHeadBlocked)) return false;
    const steps = this.#survey();
    if (steps < 2) return false;
    this.isOpenToArrivals = waiting.length === 0 && runningCount < this.#scheduler.running.length;
    let free = kv.freeBlocks;
    let end = now;
    let planned = 0;
    while (planned < steps) {
      free -= this.#blocksWanted(planned);
      if (free < 0) break;
      this.#describe(planned);
      end += this.#stepTime.stepTime(this.#batch);
      this.#ends[planned] = end;
      planned += 1;
    }
    if (planned < 2) return false;
    this.length = planned;
    return true;
  }

  /** Cuts the stretch after the step that is under way at `now`, since the scheduler is needed there. */
  cutAt(now: Nanoseconds): void {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! < now) low = middle + 1;
      else high = middle;
    }
    this.length = low + 1;
  }

  /**
   * Brings the requests to where the scheduler would have left them during the stretch's last step, and tells of every step.
   *
   * @param account the blocks held during a step, and whether it was outside the measured range
   */
  finish(startedAt: Nanoseconds, account: (heldBlocks: number, from: Nanoseconds, to: Nanoseconds, isExtrapolated: boolean) => void): void {
    const { kv, running, runningCount } = this.#scheduler;
    let held = kv.heldBlocks;
    let from = startedAt;
    for (let step = 0; step < this.length; step += 1) {
      held += this.#blocksWanted(step);
      this.#describe(step);
      const to = this.#ends[step]!;
      account(held, from, to, this.#stepTime.isExtrapolated(this.#batch));
      from = to;
    }
    for (let i = 0; i < runningCount; i += 1) {
      const request = running[i]!;
      const computed = (this.#table.computed[request]! += this.length);
      this.#table.produced[request]! += this.length - 1;
      kv.grow(request, computed);
    }
    this.length = 0;
  }

  /** Sums up the running requests; gives the steps until the first one finishes, 0 if one of them does not decode. */
  #survey(): number {
    const { running, runningCount } = this.#scheduler;
    const table = this.#table;
    const blockSize = this.#fill.length;
    this.#fill.fill(0);
    this.#keys = 0;
    this.#context = 0;
    let steps = LONGEST;
    for (let i = 0; i < runningCount; i += 1) {
      const request = running[i]!;
      const computed = table.computed[request]!;
      const produced = table.produced[request]!;
      if (produced === 0 || table.promptTokens[request]! + produced - computed !== 1) return 0;
      const remaining = table.outputTokens[request]! - produced;
      if (remaining < steps) steps = remaining;
      this.#fill[computed % blockSize]! += 1;
      this.#keys += computed + 1;
      if (computed + 1 > this.#context) this.#context = computed + 1;
    }
    return steps;
  }

  /** Requests whose last block is full before step `step` of the stretch. */
  #blocksWanted(step: number): number {
    const offset = step % this.#fill.length;
    return this.#fill[offset === 0 ? 0 : this.#fill.length - offset]!;
  }

  #describe(step: number): void {
    const batch = this.#batch;
    const count = this.#scheduler.runningCount;
    clearBatch(batch);
    batch.tokens = count;
    batch.outputs = count;
    batch.decodeSequences = count;
    batch.decodeKeys = this.#keys + step * count;
    batch.decodeContext = this.#context + step;
  }
}
