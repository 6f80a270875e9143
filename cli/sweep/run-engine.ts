import type { RunJob } from "./run-job.ts";

/** What became of a job that was not lost. */
export type RunOutcome =
  | {
      readonly kind: "finished";
      /** The run as it is saved. */
      readonly text: string;
      /** How long a worker was busy with it. */
      readonly seconds: number;
    }
  /** A mistake in what the user gave: an `InputError`. */
  | { readonly kind: "refused"; readonly place: string; readonly problem: string; readonly nextStep: string }
  /** A fault of Ballast's own. */
  | { readonly kind: "fault"; readonly stack: string };

/**
 * Where runs are done: threads of this process here (`threads.ts`). An engine on many machines can take their place: a job is plain data, and gives
 * the same bytes wherever it runs.
 */
export interface RunEngine {
  /** Jobs that it works on at once. */
  readonly workers: number;
  /**
   * @throws WorkerLost where the worker went away in mid-run; nothing is left of that run
   * @throws the signal's reason once that is aborted
   */
  run(job: RunJob, signal: AbortSignal): Promise<RunOutcome>;
  close(): Promise<void>;
}

/** The worker that had a job is gone: killed, or out of memory. */
export class WorkerLost extends Error {
  override readonly name = "WorkerLost";
}
