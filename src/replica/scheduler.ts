import type { ReplicaConfig } from "./config.ts";
import type { KvCache } from "./kv-cache.ts";
import type { Meters } from "./meters.ts";
import { FINISHED, QUEUED, RUNNING } from "./request-table.ts";
import type { RequestTable } from "./request-table.ts";
import type { StepBatch } from "./step-batch.ts";
import { clearBatch } from "./step-batch.ts";
import { WaitingQueue } from "./waiting-queue.ts";

/**
 * Which tokens each step computes, as vLLM V1 decides it, first come first served (vllm/v1/core/sched/scheduler.py).
 *
 * There is no prefill or decode phase: a step advances requests towards all the tokens they have, under one token budget, the running
 * ones first. Prefix caching, priorities, speculative tokens, the long-prefill threshold and the watermark (0 by default) are left
 * out. vLLM also never lets a request pass `max_model_len − 1` computed tokens; here longer requests are rejected before they come.
 */
export class Scheduler {
  readonly waiting = new WaitingQueue();
  readonly kv: KvCache;
  /** Ids of the running requests in order of admission; `runningCount` of them. */
  readonly running: Int32Array;
  runningCount = 0;
  readonly #config: ReplicaConfig;
  readonly #table: RequestTable;
  readonly #meters: Meters;

  constructor(config: ReplicaConfig, table: RequestTable, kv: KvCache, meters: Meters) {
    this.#meters = meters;
    this.#config = config;
    this.#table = table;
    this.kv = kv;
    this.running = new Int32Array(config.maxNumSeqs);
  }

  /** Decides the next step and describes it in `batch`. The tokens count as computed from here on. */
  schedule(batch: StepBatch): void {
    clearBatch(batch);
    const budget = this.#config.maxNumBatchedTokens;
    const preemptionsBefore = this.#meters.preemptions;
    for (let i = 0; i < this.runningCount && batch.tokens < budget; i += 1) {
      const request = this.running[i]!;
      const tokens = Math.min(this.#tokensToCompute(request), budget - batch.tokens);
      if (this.#growOrPreempt(request, tokens)) this.#advance(request, tokens, batch);
    }
    if (this.#meters.preemptions === preemptionsBefore) this.#admit(batch);
  }

  /** Whether the first waiting request could not be admitted however much of the token budget were left. */
  get isHeadBlocked(): boolean {
    return this.runningCount === this.#config.maxNumSeqs || !this.kv.hasRoomFor(this.#tokensToCompute(this.waiting.first()));
  }

  /**
   * Ends the step: every request that has all its tokens computed produces one more, and leaves if that was its last.
   *
   * @returns how many requests finished
   */
  complete(now: number): number {
    const table = this.#table;
    let kept = 0;
    for (let i = 0; i < this.runningCount; i += 1) {
      const request = this.running[i]!;
      if (this.#tokensToCompute(request) === 0) {
        const produced = (table.produced[request]! += 1);
        if (produced === 1) table.firstTokenAt[request] = now;
        if (produced === table.outputTokens[request]) {
          table.lastTokenAt[request] = now;
          table.state[request] = FINISHED;
          this.kv.release(request);
          continue;
        }
      }
      this.running[kept] = request;
      kept += 1;
    }
    const finished = this.runningCount - kept;
    this.runningCount = kept;
    return finished;
  }

  /** From the front of the queue only: where the first one does not fit, nobody behind it is tried. */
  #admit(batch: StepBatch): void {
    const { maxNumBatchedTokens, maxNumSeqs } = this.#config;
    while (this.waiting.length > 0 && batch.tokens < maxNumBatchedTokens && this.runningCount < maxNumSeqs) {
      const request = this.waiting.first();
      const all = this.#tokensToCompute(request);
      // The whole sequence must fit, although only the first chunk's blocks are taken now.
      if (!this.kv.hasRoomFor(all)) break;
      const tokens = Math.min(all, maxNumBatchedTokens - batch.tokens);
      this.kv.grow(request, tokens);
      this.waiting.removeFirst();
      this.running[this.runningCount] = request;
      this.runningCount += 1;
      this.#table.state[request] = RUNNING;
      this.#advance(request, tokens, batch);
    }
  }

  #tokensToCompute(request: number): number {
    return this.#table.promptTokens[request]! + this.#table.produced[request]! - this.#table.computed[request]!;
  }

  /** Gets the blocks for the next `tokens` of a running request, preempting from the back; false if it had to go itself. */
  #growOrPreempt(request: number, tokens: number): boolean {
    while (!this.kv.grow(request, this.#table.computed[request]! + tokens)) {
      if (this.#preemptLast() === request) return false;
    }
    return true;
  }

  /** The request admitted last loses its blocks and waits in front; what it has produced it keeps, and will prefill again. */
  #preemptLast(): number {
    this.runningCount -= 1;
    const victim = this.running[this.runningCount]!;
    this.kv.release(victim);
    this.#meters.recomputedTokens += this.#table.computed[victim]!;
    this.#table.computed[victim] = 0;
    this.#table.preemptions[victim]! += 1;
    this.#table.state[victim] = QUEUED;
    this.waiting.prepend(victim);
    this.#meters.preemptions += 1;
    return victim;
  }

  #advance(request: number, tokens: number, batch: StepBatch): void {
    const computed = this.#table.computed[request]!;
    const remaining = this.#tokensToCompute(request);
    const context = computed + tokens;
    if (remaining === 1 && this.#table.produced[request]! > 0) {
      batch.decodeSequences += 1;
      batch.decodeKeys += context;
      if (context > batch.decodeContext) batch.decodeContext = context;
    } else {
      batch.prefillSequences += 1;
      batch.prefillCached += computed;
      batch.prefillPairs += tokens * computed + (tokens * (tokens + 1)) / 2;
      if (context > batch.prefillContext) batch.prefillContext = context;
    }
    batch.tokens += tokens;
    if (tokens === remaining) batch.outputs += 1;
    this.#table.computed[request] = context;
  }
}
