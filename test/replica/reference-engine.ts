import type { ReplicaConfig } from "../../src/replica/config.ts";
import type { Work } from "../../src/traffic/request.ts";

/**
 * vLLM V1's rules written down a second time, as plainly as can be and without a thought for speed: tokens are strings, a block's hash is
 * the text of all tokens up to its end, lists are arrays. What `Scheduler` and its caches do is held against it step by step.
 */
export interface ReferenceRequest {
  readonly id: number;
  readonly priority: number;
  readonly arrivedAt: number;
  readonly outputTokens: number;
  /** Prompt, and what has been produced. */
  readonly tokens: string[];
  readonly promptTokens: number;
  computed: number;
  blocks: number[];
}

const tokensOf = (work: Work, id: number): string[] => {
  const named = (work.parts ?? []).flatMap((part) => Array.from({ length: part.tokens }, (_, i) => `name ${part.id}, ${i}`));
  const own = Array.from({ length: work.promptTokens - named.length }, (_, i) => `prompt of ${id}, ${named.length + i}`);
  return [...named, ...own];
};

/** Of the priority policy: below 0 where `a` is served first. */
const inOrder = (a: ReferenceRequest, b: ReferenceRequest): number => a.priority - b.priority || a.arrivedAt - b.arrivedAt || a.id - b.id;

export class ReferenceEngine {
  readonly waiting: ReferenceRequest[] = [];
  running: ReferenceRequest[] = [];
  /** The first is given out next. */
  free: number[];
  readonly #holders: number[];
  /** The hash of a block that can be found, in the order in which they became so. */
  readonly #cached = new Map<number, string>();
  readonly #works = new Map<number, Work>();

  constructor(readonly config: ReplicaConfig) {
    this.free = Array.from({ length: config.numGpuBlocks - 1 }, (_, i) => i + 1);
    this.#holders = Array.from({ length: config.numGpuBlocks }, () => 0);
  }

  add(work: Work, id: number, arrivedAt: number): void {
    this.#works.set(id, work);
    this.waiting.push({
      id,
      priority: work.priority ?? 0,
      arrivedAt,
      outputTokens: work.outputTokens,
      tokens: tokensOf(work, id),
      promptTokens: work.promptTokens,
      computed: 0,
      blocks: [],
    });
    this.#sortWaiting();
  }

  /** One step; gives the tokens scheduled for each request by id. */
  step(): Record<number, number> {
    const { maxNumBatchedTokens, schedulingPolicy } = this.config;
    const scheduled = new Map<ReferenceRequest, number>();
    let budget = maxNumBatchedTokens;
    let hasPreempted = false;

    // The list is replaced, not changed, when one is preempted: this goes on through the one of the beginning.
    for (const request of this.running) {
      if (!this.running.includes(request)) continue;
      if (budget === 0) break;
      const tokens = Math.min(this.#cap(request.tokens.length - request.computed), budget);
      let isScheduled = true;
      while (!this.#allocate(request, request.computed + tokens)) {
        const victim = schedulingPolicy === "fcfs" ? this.running.at(-1)! : this.running.reduce((a, b) => (inOrder(a, b) < 0 ? b : a));
        budget += scheduled.get(victim) ?? 0;
        scheduled.delete(victim);
        this.running = this.running.filter((other) => other !== victim);
        this.#free(victim);
        victim.computed = 0;
        this.waiting.unshift(victim);
        hasPreempted = true;
        if (victim === request) {
          isScheduled = false;
          break;
        }
      }
      if (!isScheduled) break;
      scheduled.set(request, tokens);
      budget -= tokens;
    }
    this.#sortWaiting();

    if (!hasPreempted) this.#admit(budget, scheduled);
    for (const [request, tokens] of scheduled) request.computed += tokens;
    return Object.fromEntries([...scheduled].map(([{ id }, tokens]) => [id, tokens]));
  }

  /** Its result is not looked at any more, and its blocks are free: after a step's results have come, before they are looked at. */
  abort(id: number): void {
    const request = [...this.running, ...this.waiting].find((other) => other.id === id)!;
    this.running = this.running.filter((other) => other !== request);
    if (this.waiting.includes(request)) this.waiting.splice(this.waiting.indexOf(request), 1);
    this.#free(request);
  }

  /** The step has ended: whoever has all tokens computed produces one. */
  complete(): void {
    for (const request of this.running) {
      if (request.computed < request.tokens.length) continue;
      const produced = request.tokens.length - request.promptTokens;
      const name = this.#works.get(request.id)!.outputId;
      request.tokens.push(name === undefined ? `output of ${request.id}, ${produced}` : `name ${name}, ${produced}`);
    }
    const isDone = ({ tokens, promptTokens, outputTokens }: ReferenceRequest): boolean => tokens.length - promptTokens === outputTokens;
    for (const request of this.running.filter(isDone)) this.#free(request);
    this.running = this.running.filter((request) => !isDone(request));
  }

  #cap(tokens: number): number {
    const { longPrefillTokenThreshold: threshold } = this.config;
    return threshold > 0 ? Math.min(tokens, threshold) : tokens;
  }

  #admit(budgetLeft: number, scheduled: Map<ReferenceRequest, number>): void {
    const { maxNumSeqs, enableChunkedPrefill } = this.config;
    let budget = budgetLeft;
    while (this.waiting.length > 0 && budget > 0 && this.running.length < maxNumSeqs) {
      const request = this.waiting[0]!;
      const found = this.#longestHit(request);
      const cached = found.length * this.config.blockSize;
      const wanted = this.#cap(request.tokens.length - cached);
      if (!enableChunkedPrefill && wanted > budget) break;
      const tokens = Math.min(wanted, budget);
      if (!this.#hasRoom(request, found, cached + tokens)) break;
      for (const block of found) {
        this.free = this.free.filter((other) => other !== block);
        this.#holders[block]! += 1;
      }
      request.blocks = [...found];
      request.computed = cached;
      this.#allocate(request, cached + tokens);
      this.waiting.shift();
      this.running.push(request);
      scheduled.set(request, tokens);
      budget -= tokens;
    }
  }

  #hasRoom(request: ReferenceRequest, found: readonly number[], tokens: number): boolean {
    const { schedulerReserveFullIsl, watermark, numGpuBlocks, blockSize } = this.config;
    const spare = this.running.length > 0 ? Math.trunc(watermark * numGpuBlocks) : 0;
    const evictable = found.filter((block) => this.#holders[block] === 0).length;
    const fits = (all: number): boolean => Math.ceil(all / blockSize) - found.length + evictable + spare <= this.free.length;
    return (!schedulerReserveFullIsl || fits(request.tokens.length)) && fits(tokens);
  }

  #longestHit(request: ReferenceRequest): number[] {
    if (!this.config.enablePrefixCaching) return [];
    const found: number[] = [];
    const most = Math.floor((request.tokens.length - 1) / this.config.blockSize);
    for (let i = 0; i < most; i += 1) {
      const hash = this.#hash(request, i);
      const hit = [...this.#cached].find(([, other]) => other === hash);
      if (hit === undefined) break;
      found.push(hit[0]);
    }
    return found;
  }

  #allocate(request: ReferenceRequest, tokens: number): boolean {
    const { blockSize, enablePrefixCaching } = this.config;
    const wanted = Math.ceil(tokens / blockSize) - request.blocks.length;
    if (wanted > this.free.length) return false;
    for (let i = 0; i < wanted; i += 1) {
      const block = this.free.shift()!;
      this.#cached.delete(block);
      this.#holders[block] = 1;
      request.blocks.push(block);
    }
    if (enablePrefixCaching) {
      for (let i = 0; (i + 1) * blockSize <= tokens; i += 1) {
        const block = request.blocks[i]!;
        if (!this.#cached.has(block)) this.#cached.set(block, this.#hash(request, i));
      }
    }
    return true;
  }

  #free(request: ReferenceRequest): void {
    for (const block of request.blocks.reverse()) {
      this.#holders[block]! -= 1;
      if (this.#holders[block]! > 0) continue;
      if (this.#cached.has(block)) this.free.push(block);
      else this.free.unshift(block);
    }
    request.blocks = [];
  }

  #hash(request: ReferenceRequest, block: number): string {
    return request.tokens.slice(0, (block + 1) * this.config.blockSize).join("; ");
  }

  #sortWaiting(): void {
    if (this.config.schedulingPolicy === "priority") this.waiting.sort(inOrder);
  }
}
