import { schedulerDefaults, type ReplicaConfig } from "../../src/replica/config.ts";
import { Meters } from "../../src/replica/meters.ts";
import { RequestTable } from "../../src/replica/request-table.ts";
import { Scheduler } from "../../src/replica/scheduler.ts";
import { emptyBatch } from "../../src/replica/step-batch.ts";
import type { Work } from "../../src/traffic/request.ts";
import type { StepBatch } from "../../src/replica/step-batch.ts";

/** A scheduler on a workbench: requests put in by hand, steps taken one by one. */
export interface SchedulerBench {
  readonly scheduler: Scheduler;
  readonly table: RequestTable;
  readonly meters: Meters;
  readonly batch: StepBatch;
  /** The step at which a request left, by id. */
  readonly finishedAt: Readonly<Record<number, number>>;
  /** Takes one step; gives the tokens scheduled for each request, by id, those with none left out. */
  step(): Record<number, number>;
  readonly running: number[];
  /** Takes the waiting queue apart and puts it together again. */
  readonly waiting: number[];
}

const isWork = (request: Work | readonly [number, number]): request is Work => "promptTokens" in request;

/** @param requests what each asks for, or its [prompt, output]; in order of arrival. All wait from the start but those named in `later` */
export const schedulerBench = (
  limits: Partial<ReplicaConfig>,
  requests: readonly (Work | readonly [prompt: number, output: number])[],
  later: readonly number[] = [],
): SchedulerBench => {
  const config = {
    ...schedulerDefaults,
    enablePrefixCaching: false,
    maxNumSeqs: 8,
    maxNumBatchedTokens: 100,
    maxModelLen: 1000,
    blockSize: 4,
    numGpuBlocks: 1001,
    ...limits,
  };
  const table = new RequestTable();
  for (const [id, request] of requests.entries())
    table.add(isWork(request) ? request : { promptTokens: request[0], outputTokens: request[1] }, id, id);
  const meters = new Meters(1e9);
  const scheduler = new Scheduler(config, table, meters);
  const batch = emptyBatch();
  for (const id of requests.keys()) if (!later.includes(id)) scheduler.waiting.append(id);
  let now = 0;
  const finishedAt: Record<number, number> = {};
  return {
    scheduler,
    table,
    meters,
    batch,
    finishedAt,
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
      for (const id of scheduler.finished.subarray(0, scheduler.finishedCount)) finishedAt[id] = now;
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
