import { performance } from "node:perf_hooks";
import { InputError } from "../../src/errors.ts";
import type { RunOutcome } from "./run-engine.ts";
import { Jobs, type RunJob } from "./run-job.ts";

/** Nothing a worker says is shown: the command has said it already. */
const silent = { out: () => {}, err: () => {}, isTerminal: false, env: process.env, cwd: process.cwd() };

const jobs = new Jobs(silent);

/** Does one run, in a thread of its own. */
export default async (job: RunJob): Promise<RunOutcome> => {
  const start = performance.now();
  try {
    const text = await jobs.run(job);
    return { kind: "finished", text, seconds: (performance.now() - start) / 1e3 };
  } catch (error) {
    if (error instanceof InputError) return { kind: "refused", place: error.place, problem: error.problem, nextStep: error.nextStep };
    return { kind: "fault", stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};
