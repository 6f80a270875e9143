import type { RunEngine, RunOutcome } from "./run-engine.ts";
import { WorkerLost } from "./run-engine.ts";
import type { RunJob } from "./run-job.ts";
import type { RunStore } from "./run-store.ts";

/** A run that whoever reads the results has to do without. */
export interface FailedRun {
  readonly job: RunJob;
  /** Why, in a sentence. */
  readonly because: string;
}

/** What was done. */
export interface Work {
  readonly failed: readonly FailedRun[];
  /** Times that a run was begun again because its worker was lost. */
  readonly repeated: number;
  /** Time that workers spent in runs that finished, all together. */
  readonly busySeconds: number;
}

/** A run whose worker was lost is begun again so often. */
const REPEATS = 2;

/**
 * Does all jobs and keeps each result as soon as it is there. Results depend neither on the number of workers nor on who did what.
 *
 * @param onDone told of every job that is finished or has failed
 * @throws the signal's reason once that is aborted: what is finished by then is kept
 * @throws InputError where the store takes no more
 */
export const runAll = async (
  jobs: readonly RunJob[],
  store: RunStore,
  engine: RunEngine,
  signal: AbortSignal,
  onDone: () => void = () => {},
): Promise<Work> => {
  const failed: FailedRun[] = [];
  let repeated = 0;
  let busySeconds = 0;
  const outcomeOf = async (job: RunJob): Promise<RunOutcome | WorkerLost> => {
    for (let left = REPEATS; ; left -= 1) {
      try {
        return await engine.run(job, signal);
      } catch (error) {
        if (!(error instanceof WorkerLost)) throw error;
        if (left === 0) return error;
        repeated += 1;
      }
    }
  };
  let at = 0;
  const lane = async (): Promise<void> => {
    for (let job = jobs[at++]; job !== undefined; job = jobs[at++]) {
      const outcome = await outcomeOf(job);
      if (!(outcome instanceof WorkerLost) && outcome.kind === "finished") {
        await store.put(job.address, outcome.text);
        busySeconds += outcome.seconds;
      } else failed.push({ job, because: reasonOf(outcome, job) });
      onDone();
    }
  };
  try {
    // One job more than it can take waits at each worker, so that none waits for us.
    await Promise.all(Array.from({ length: 2 * engine.workers }, lane));
  } finally {
    at = jobs.length; // where one lane cannot go on, the others begin nothing new
  }
  return { failed, repeated, busySeconds };
};

const reasonOf = (outcome: Exclude<RunOutcome, { kind: "finished" }> | WorkerLost, { place, seed }: RunJob): string => {
  const run = `${place}, seed ${seed}`;
  if (outcome instanceof WorkerLost)
    return `${run}: its worker was lost ${REPEATS + 1} times (${outcome.message}). Is there memory enough? Fewer workers take less: --workers 1`;
  if (outcome.kind === "fault") return `${run}: a fault of Ballast itself: ${outcome.stack}`;
  const where = outcome.place.startsWith(place) ? outcome.place : `${place}: ${outcome.place}`;
  return `${where}: ${outcome.problem}. ${outcome.nextStep}`;
};
