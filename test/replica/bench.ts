import type { ReplicaConfig } from "../../src/replica/config.ts";
import { KvCache } from "../../src/replica/kv-cache.ts";
import { Meters } from "../../src/replica/meters.ts";
import { RequestTable } from "../../src/replica/request-table.ts";
import { Scheduler } from "../../src/replica/scheduler.ts";
import { emptyBatch } from "../../src/replica/step-batch.ts";
import type { StepBatch } from "../../src/replica/step-batch.ts";

/** A scheduler on a workbench: requests put in by hand, steps taken one by one. */
export interface SchedulerBench {
  readonly scheduler: Scheduler;
  readonly table: RequestTable;
  readonly meters: Meters;
  readonly batch: StepBatch;
  /** Takes one step; gives the tokens scheduled for each request, by id, those with none left out. */
  step(): Record<number, number>;
  readonly running: number[];
  /** Takes the waiting queue apart and puts it together again. */
  readonly waiting: number[];
}

/** @param requests [prompt, output] of each, in order of arrival; all wait from the start but those named in `later` */
export const schedulerBench = (
  limits: Partial<ReplicaConfig>,
  requests: readonly (readonly [prompt: number, output: number])[],
  later: readonly number[] = [],
): SchedulerBench => {
  const config = { maxNumSeqs: 8, maxNumBatchedTokens: 100, maxModelLen: 1000, blockSize: 4, numGpuBlocks: 1001, ...limits };
  const table = new RequestTable(requests.map(([promptTokens, outputTokens], id) => ({ id, arrivedAt: 0, promptTokens, outputTokens })));
  const meters = new Meters(1e9);
  const scheduler = new Scheduler(config, table, new KvCache(config.numGpuBlocks, config.blockSize, table), meters);
  const batch = emptyBatch();
  for (const id of requests.keys()) if (!later.includes(id)) scheduler.waiting.append(id);
  let now = 0;
  return {
    scheduler,
    table,
    meters,
    batch,
    step() {
      const before = Array.from(table.computed);
      const preempted = Array.from(table.preemptions);
      scheduler.schedule(batch);
      const tokens: Record<number, number> = {};
      for (const id of requests.keys()) {
        const start = table.preemptions[id] === preempted[id] ? (before[id] ?? 0) : 0;
        const count = (table.computed[id] ?? 0) - start;
        if (count > 0) tokens[id] = count;
      }
      now += 1;
      scheduler.complete(now);
      return tokens;
    },
    get running() {
      return Array.from(scheduler.running.subarray(0, scheduler.runningCount));
    },
    get waiting() {
      const ids = Array.from({ length: scheduler.waiting.length }, () => scheduler.waiting.removeFirst());
      for (const id of ids) scheduler.waiting.append(id);
      return ids;
    },
  };
};
