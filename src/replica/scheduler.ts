import { BlockCounts } from "./block-counts.ts";
import type { ReplicaConfig } from "./config.ts";
import { FcfsQueue } from "./fcfs-queue.ts";
import type { KvCache } from "./kv-cache.ts";
import { Lookups } from "./lookups.ts";
import { LostBlocks } from "./lost-blocks.ts";
import type { Meters } from "./meters.ts";
import { PrefixCache } from "./prefix-cache.ts";
import { PriorityQueue } from "./priority-queue.ts";
import type { RequestTable } from "./request-table.ts";
import type { StepBatch } from "./step-batch.ts";
import { clearBatch } from "./step-batch.ts";
import type { WaitingQueue } from "./waiting-queue.ts";

/**
 * Which tokens each step computes, as vLLM V1 decides it (vllm/v1/core/sched/scheduler.py).
 *
 * There is no prefill or decode phase: a step advances requests towards all the tokens they have, under one token budget, the running
 * ones first. Speculative tokens, encoder inputs, LoRA, structured output, key-value transfer and asynchronous scheduling are left out.
 * vLLM also never lets a request pass `max_model_len − 1` computed tokens; here longer requests are rejected before they come.
 */
export class Scheduler {
  readonly waiting: WaitingQueue;
  readonly kv: KvCache;
  readonly lookups = new Lookups();
  /** Slots of the running requests in order of admission; `runningCount` of them. */
  readonly running: Int32Array;
  runningCount = 0;
  /** Slots of the requests that the last step finished; `finishedCount` of them. */
  readonly finished: Int32Array;
  finishedCount = 0;
  private readonly config: ReplicaConfig;
  private readonly table: RequestTable;
  private readonly meters: Meters;
  private readonly lost: LostBlocks;
  /** Tokens that this step computes of each running request, in the same order. */
  private readonly scheduled: Int32Array;
  /** Tokens that this step may still compute. */
  private budget = 0;

  constructor(config: ReplicaConfig, table: RequestTable, meters: Meters, lost = new LostBlocks()) {
    const { numGpuBlocks, blockSize } = config;
    this.config = config;
    this.table = table;
    this.meters = meters;
    this.lost = lost;
    this.kv = config.enablePrefixCaching
      ? new PrefixCache(numGpuBlocks, blockSize, table)
      : new BlockCounts(numGpuBlocks, blockSize, table);
    this.waiting = config.schedulingPolicy === "priority" ? new PriorityQueue(table) : new FcfsQueue();
    this.running = new Int32Array(config.maxNumSeqs);
    this.finished = new Int32Array(config.maxNumSeqs);
    this.scheduled = new Int32Array(config.maxNumSeqs);
  }

  /**
   * Decides the next step and describes it in `batch`. The tokens count as computed from here on.
   *
   * Under the priority policy a step may have none: the first to run preempts itself, and nobody is admitted. Then there is no step; decide again.
   */
  schedule(batch: StepBatch): void {
    this.budget = this.config.maxNumBatchedTokens;
    this.scheduled.fill(0, 0, this.runningCount);
    const hasPreempted = this.advanceRunning();
    if (!hasPreempted) this.admit();
    clearBatch(batch);
    for (let i = 0; i < this.runningCount; i += 1) {
      if (this.scheduled[i]! > 0) this.compute(this.running[i]!, this.scheduled[i]!, batch);
    }
  }

  /**
   * Whether the first waiting request cannot be admitted, now or at any step up to the next event, while all that run decode.
   *
   * Until then free blocks only become fewer. What it finds in the cache could only grow by tokens that are being produced.
   */
  get isHeadBlocked(): boolean {
    if (this.runningCount === this.config.maxNumSeqs) return true;
    const slot = this.waiting.first();
    return (
      this.admissible(slot, this.config.maxNumBatchedTokens - this.runningCount) === 0 &&
      !(this.config.enablePrefixCaching && this.continuesRunning(slot))
    );
  }

  /** Whether a request that comes may go before those that wait, so that the first one to be admitted changes. */
  get takesBeforeHead(): boolean {
    return this.config.schedulingPolicy === "priority" && this.runningCount < this.config.maxNumSeqs;
  }

  /** Ends the step: every request that has all its tokens computed produces one more, and leaves if that was its last. */
  complete(now: number): void {
    const table = this.table;
    let kept = 0;
    this.finishedCount = 0;
    for (let i = 0; i < this.runningCount; i += 1) {
      const slot = this.running[i]!;
      if (table.tokensToCompute(slot) === 0) {
        const produced = (table.produced[slot]! += 1);
        if (produced === 1) table.firstTokenAt[slot] = now;
        if (table.tokensAt !== null) table.tokensAt[slot]![produced - 1] = now;
        if (produced === table.outputTokens[slot]) {
          this.kv.release(slot, false);
          this.finished[this.finishedCount] = slot;
          this.finishedCount += 1;
          continue;
        }
      }
      this.running[kept] = slot;
      kept += 1;
    }
    this.runningCount = kept;
  }

  /**
   * Takes a request out, waiting or running, and frees its blocks; what it has produced it keeps.
   *
   * A step under way computes its tokens to the end, for nothing. vLLM frees the blocks when that step's results are in, before it looks at
   * them (vllm/v1/engine/core.py: aborts are processed between the model's output and the scheduler's update), so an abort in the last step
   * still counts. Here they are free in the books at once: nobody is given a block before that step has ended.
   *
   * @param willReturn whether it may come back to this server and look for its blocks
   */
  abort(slot: number, willReturn: boolean): void {
    const place = this.running.subarray(0, this.runningCount).indexOf(slot);
    if (place < 0) {
      this.waiting.remove(slot);
      this.meters.countAbort(0, this.table.lost[slot]!);
      return;
    }
    this.running.copyWithin(place, place + 1, this.runningCount);
    this.runningCount -= 1;
    this.kv.release(slot, willReturn);
    const held = this.table.computed[slot]!;
    this.table.lost[slot] = held;
    this.table.computed[slot] = 0;
    this.meters.countAbort(held, 0);
  }

  /** Schedules the running requests, in order of admission; true if one of them had to be preempted. */
  private advanceRunning(): boolean {
    const table = this.table;
    let hasPreempted = false;
    for (let i = 0; i < this.runningCount && this.budget > 0; i += 1) {
      const slot = this.running[i]!;
      const tokens = this.capped(table.tokensToCompute(slot), this.budget);
      while (!this.kv.grow(slot, table.computed[slot]! + tokens)) {
        hasPreempted = true;
        const victim = this.victim();
        const wasScheduled = victim < i;
        const isItself = victim === i;
        this.preempt(victim);
        if (isItself) return true;
        if (wasScheduled) i -= 1;
      }
      this.scheduled[i] = tokens;
      this.budget -= tokens;
    }
    return hasPreempted;
  }

  /** From the front of the queue only: where the first one cannot be admitted, nobody behind it is tried. */
  private admit(): void {
    const { maxNumSeqs } = this.config;
    while (this.waiting.length > 0 && this.budget > 0 && this.runningCount < maxNumSeqs) {
      const slot = this.waiting.first();
      const tokens = this.admissible(slot, this.budget);
      if (tokens === 0) return;
      const cached = this.cached;
      this.kv.admit(slot, cached + tokens);
      this.waiting.removeFirst();
      this.table.computed[slot] = cached;
      const isResumed = this.table.lost[slot]! > 0;
      if (isResumed) this.meters.countResumed(cached, this.table.lost[slot]!);
      else this.countFirstLookup(this.table.promptTokens[slot]!, cached);
      if (this.lost.size > 0) {
        const missed = this.kv.missed(slot, this.lost);
        if (!isResumed) this.lost.askedFor += missed;
      }
      this.running[this.runningCount] = slot;
      this.scheduled[this.runningCount] = tokens;
      this.runningCount += 1;
      this.budget -= tokens;
    }
  }

  private countFirstLookup(tokens: number, found: number): void {
    this.meters.countFirstLookup(tokens, found);
    this.lookups.count(tokens, found);
  }

  /** Tokens of the request last asked about that were found in the cache. */
  private cached = 0;

  /** How many tokens of the first waiting request a step with this budget left would compute; 0 where it cannot be admitted. */
  private admissible(slot: number, budget: number): number {
    const { enableChunkedPrefill, schedulerReserveFullIsl, watermark, numGpuBlocks } = this.config;
    if (budget <= 0) return 0;
    const cached = this.kv.match(slot);
    const all = this.table.promptTokens[slot]! + this.table.produced[slot]!;
    const wanted = this.capped(all - cached, Infinity);
    if (!enableChunkedPrefill && wanted > budget) return 0;
    const tokens = Math.min(wanted, budget);
    const spare = this.runningCount > 0 ? Math.floor(watermark * numGpuBlocks) : 0;
    this.cached = cached;
    return this.kv.hasRoomFor(slot, schedulerReserveFullIsl ? all : cached + tokens, spare) ? tokens : 0;
  }

  private capped(tokens: number, budget: number): number {
    const { longPrefillTokenThreshold } = this.config;
    const capped = longPrefillTokenThreshold > 0 ? Math.min(tokens, longPrefillTokenThreshold) : tokens;
    return Math.min(capped, budget);
  }

  /**
   * Place in the running batch of the request that goes first: the one admitted last, or of the lowest priority the one that came last.
   *
   * vLLM leaves it open which of two goes that came at one instant, which its clock does not see; here the later one in order of arrival,
   * since any other rule can let the two preempt each other for ever.
   */
  private victim(): number {
    if (this.config.schedulingPolicy === "fcfs") return this.runningCount - 1;
    let victim = 0;
    for (let i = 1; i < this.runningCount; i += 1) {
      if (this.table.isBefore(this.running[victim]!, this.running[i]!)) victim = i;
    }
    return victim;
  }

  /** A running request loses its blocks and waits again; what it has produced it keeps, and will prefill. Its tokens of this step go back. */
  private preempt(place: number): void {
    const slot = this.running[place]!;
    this.budget += this.scheduled[place]!;
    this.running.copyWithin(place, place + 1, this.runningCount);
    this.scheduled.copyWithin(place, place + 1, this.runningCount);
    this.runningCount -= 1;
    this.scheduled[this.runningCount] = 0;
    this.kv.release(slot, true);
    this.meters.countPreemption(this.table.computed[slot]!);
    this.table.lost[slot] = this.table.computed[slot]!;
    this.table.computed[slot] = 0;
    this.table.preemptions[slot]! += 1;
    this.waiting.prepend(slot);
  }

  private compute(slot: number, tokens: number, batch: StepBatch): void {
    const table = this.table;
    const computed = table.computed[slot]!;
    const remaining = table.tokensToCompute(slot);
    const context = computed + tokens;
    if (remaining === 1 && table.produced[slot]! > 0) {
      batch.decodeSequences += 1;
      batch.decodeKeys += context;
      if (context > batch.decodeContext) batch.decodeContext = context;
    } else {
      batch.prefillSequences += 1;
      batch.prefillPairs += tokens * computed + (tokens * (tokens + 1)) / 2;
      batch.prefillCached += computed;
      if (context > batch.prefillContext) batch.prefillContext = context;
    }
    batch.tokens += tokens;
    if (tokens === remaining) batch.outputs += 1;
    table.computed[slot] = context;
  }

  /** Whether the prompt of a waiting request contains what a running one is producing. */
  private continuesRunning(slot: number): boolean {
    const { parts = [], outputId: own } = this.table.work[slot]!;
    for (let i = 0; i < this.runningCount; i += 1) {
      const { outputId } = this.table.work[this.running[i]!]!;
      if (outputId !== undefined && (outputId === own || parts.some(({ id }) => id === outputId))) return true;
    }
    return false;
  }
}
