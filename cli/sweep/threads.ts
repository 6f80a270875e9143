import { Piscina } from "piscina";
import { workerProgram } from "./program.ts";
import { WorkerLost, type RunEngine, type RunOutcome } from "./run-engine.ts";

/** An engine of worker threads. */
export interface Threads extends RunEngine {
  /** The threads as they are now, for those who want to kill one. */
  readonly threads: Piscina["threads"];
}

/** @param workers how many threads */
export const startThreads = (workers: number): Threads => {
  const pool = new Piscina({ filename: workerProgram, minThreads: workers, maxThreads: workers, execArgv: [] });
  const broken = new AbortController();
  // An idle thread that goes away takes no run with it, but once none is left (they cannot start), nobody would ever take the next.
  pool.on("error", (error: Error) => {
    if (pool.threads.length === 0) broken.abort(error);
  });
  return {
    workers,
    get threads() {
      return pool.threads;
    },
    run: async (job, signal) => {
      try {
        return (await pool.run(job, { signal: AbortSignal.any([signal, broken.signal]) })) as RunOutcome;
      } catch (error) {
        signal.throwIfAborted();
        broken.signal.throwIfAborted();
        throw new WorkerLost(error instanceof Error ? error.message : String(error));
      }
    },
    close: () => pool.destroy(),
  };
};
