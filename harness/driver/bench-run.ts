import type { Findings, Job, JobResult, Stage, TimedJob } from "../../src/profile/jobs.ts";
import { acrossProcesses } from "../../src/profile/processes.ts";
import { measurementSchema, verificationSchema, type Measurement, type Verification } from "../../src/profile/schema.ts";
import type { Seconds } from "../../src/units.ts";
import type { GroupEnd, GroupLimits, Outcome } from "./session.ts";

/** The device under measurement, as the loop sees it. */
export interface BenchDevice {
  run(job: Job, limit: Seconds): Promise<Outcome>;
  /** Measures jobs interleaved; each result is told as soon as it is there. A job that is not told of has none. */
  runTogether(jobs: readonly TimedJob[], limits: GroupLimits, onResult: (job: TimedJob, result: JobResult) => void): Promise<GroupEnd>;
  /** Starts afresh, after a fault or for a further process. Throws where the same device does not come back. */
  reopen(): Promise<void>;
}

/** What is finished, kept safe at once: from an earlier part of this run, and from now on. */
export interface Journal {
  readonly finished: ReadonlyMap<string, JobResult>;
  readonly notes: readonly string[];
  /** Time that the earlier parts of this run took out of the budget. */
  readonly spent: Seconds;
  append(id: string, result: JobResult, spent: Seconds): void;
  note(text: string): void;
}

export interface Progress {
  readonly id: string;
  /** Jobs that are finished or left out, and jobs known so far: a later stage brings more. */
  readonly done: number;
  readonly known: number;
  readonly spent: Seconds;
  /** Time until the end: what the budget has left, or less in the last stage, where the jobs so far tell. */
  readonly left: Seconds;
}

export interface BenchOutcome extends Findings {
  readonly leftOut: readonly { readonly id: string; readonly because: string }[];
  readonly notes: readonly string[];
}

export interface BenchOptions {
  readonly device: BenchDevice;
  readonly journal: Journal;
  /** Seconds from any fixed moment. */
  readonly now: () => Seconds;
  readonly budget: Seconds;
  /** Longest time one job may take before the page counts as hung. */
  readonly jobLimit: Seconds;
  /** Jobs in order of importance, stage by stage; a stage is planned from what those before it found. */
  readonly stages: readonly Stage[];
  /** An interruption is no reason to go on without a further process. */
  readonly signal?: AbortSignal;
  /** What is known from an earlier run and need not be measured again. */
  readonly known?: readonly Measurement[];
  /** Why what was not reached is left out. */
  readonly ended?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly onNote?: (text: string) => void;
}

/** A result as this program would write it, or why it is not one: the page and a journal are both outside of the type checker. */
export const checkedResult = (job: Pick<Job, "id">, result: JobResult): JobResult => {
  if (result.kind !== "measured" && result.kind !== "verified") return result;
  const parsed =
    result.kind === "measured" ? measurementSchema.safeParse(result.measurement) : verificationSchema.safeParse(result.verification);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      kind: "left-out",
      because: `the page's answer is no ${result.kind === "measured" ? "measurement" : "verification"}: ${issue?.path.join(".")}: ${issue?.message}`,
    };
  }
  if (result.kind === "measured" && result.measurement.id !== job.id) {
    return { kind: "left-out", because: `the page answered ${job.id} with ${result.measurement.id}` };
  }
  return result;
};

/** Timed jobs that are measured together: enough to share a burst of noise, few enough for their buffers to fit beside each other. */
const GROUP = 8;

/** Jobs in their order, neighbours that are timed together in one group. */
const groupsOf = (jobs: readonly Job[]): (Exclude<Job, TimedJob> | readonly TimedJob[])[] => {
  const groups: (Exclude<Job, TimedJob> | TimedJob[])[] = [];
  for (const job of jobs) {
    const last = groups.at(-1);
    if (job.kind !== "kernel" && job.kind !== "layer") groups.push(job);
    else if (Array.isArray(last) && last.length < GROUP) last.push(job);
    else groups.push([job]);
  }
  return groups;
};

const SHARE_ENDED = "its share of the time budget had ended";

/**
 * Runs jobs in order of importance until the budget ends, and a stage's no longer than its share of it, each result journalled at once. Kernels and layers that follow each other are
 * measured interleaved, up to 8 together.
 *
 * A fault (a hung page, a lost device, a crashed browser) costs the job under way: the device is opened again and the job repeated
 * once, then left out with the reason. Of a group it costs what had no result yet: those jobs are repeated one by one, so that the one
 * that brings the browser down does not take the others along. A job that the budget's end interrupts is left out without a repeat; in a
 * group it is kept where it had enough samples.
 *
 * @throws what `device.run` and `device.reopen` throw (an interruption, a device that does not come back); the journal is then complete
 *   up to the job under way
 */
export const runBench = async (options: BenchOptions): Promise<BenchOutcome> => {
  const { device, journal, now, budget, jobLimit, stages, known: taken = [], signal, onProgress, onNote } = options;
  const { ended = "the time budget had ended" } = options;
  const started = now();
  const spent = () => journal.spent + now() - started;
  const verifications: Verification[] = [];
  const measurements: Measurement[] = [...taken];
  const leftOut: { id: string; because: string }[] = [];
  const notes: string[] = [...journal.notes];
  let ran = 0;
  let done = 0;
  /** When the stage under way begins nothing more. A job that has begun may use the whole budget: a page that is interrupted is lost. */
  let end = budget;
  const budgetLeft = () => budget - spent();
  const stageLeft = () => end - spent();

  const note = (text: string) => {
    notes.push(text);
    journal.note(text);
    onNote?.(text);
  };
  const keep = ({ id, process = 0 }: Job, result: JobResult) => {
    switch (result.kind) {
      case "measured":
        return void measurements.push(result.measurement);
      case "verified":
        return void verifications.push(result.verification);
      case "left-out":
      case "device-lost":
        // The first process has it: what is missing of a further one is no measurement that is missing.
        return process === 0 ? void leftOut.push({ id, because: result.because }) : note(`${id}: ${result.because}.`);
      default:
        return result satisfies never;
    }
  };

  /** The job's result; null where the budget ended while it was under way. */
  const attempt = async (job: Job): Promise<JobResult | null> => {
    for (let repeats = 0; ; repeats++) {
      if (stageLeft() <= 0) return null;
      const left = budgetLeft();
      const outcome = await device.run(job, Math.min(jobLimit, left));
      if (outcome.kind !== "hung" && outcome.kind !== "crashed" && outcome.kind !== "device-lost") return checkedResult(job, outcome);
      if (outcome.kind === "hung" && left <= jobLimit) return null; // nothing more runs, so nothing is opened again
      note(`${job.id}: ${outcome.because}; the device was opened again${repeats === 0 ? " and the measurement repeated" : ""}.`);
      await device.reopen();
      if (repeats > 0) return { kind: "left-out", because: `twice: ${outcome.because}` };
    }
  };

  /** Whatever came of a job; null where the budget ended before anything did. */
  const settle = (job: Job, result: JobResult | null) => {
    done++;
    if (result === null) {
      // What the first process measured is there: fewer processes have a part in it, which the measurement says itself.
      if ((job.process ?? 0) === 0) leftOut.push({ id: job.id, because: end < budget ? SHARE_ENDED : ended });
      return;
    }
    ran++;
    journal.append(job.id, result, spent());
    keep(job, result);
  };

  let process = 0;
  let isLastProcess = false;
  /**
   * Opens the device anew where a job is of a further process. Nothing is opened for what the budget leaves no time for; and where the device does
   * not come back, what is measured stands, and no further process is begun.
   *
   * @returns whether the job's process is there
   */
  const beginProcess = async (next: Job | readonly Job[]): Promise<boolean> => {
    const asked = ([next].flat()[0] as Job).process ?? 0;
    if (asked === process || spent() >= budget) return true;
    if (isLastProcess) return false;
    try {
      await device.reopen();
      process = asked;
      return true;
    } catch (error) {
      if (signal?.aborted) throw error;
      isLastProcess = true;
      note(`No further process was begun after ${process + 1}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  };

  const runGroup = async (group: readonly TimedJob[]) => {
    const waiting = new Set(group);
    const within = stageLeft();
    const groupEnd: GroupEnd =
      within <= 0
        ? { kind: "done" }
        : await device.runTogether(group, { within, silence: jobLimit }, (job, result) => {
            if (waiting.delete(job)) settle(job, checkedResult(job, result));
          });
    if (groupEnd.kind !== "done" && waiting.size > 0 && budgetLeft() > 0) {
      const together = group.length === 1 ? group[0]!.id : `${group[0]!.id} and ${group.length - 1} more`;
      note(`${together}: ${groupEnd.because}; the device was opened again and what had no result was measured one by one.`);
      await device.reopen();
    }
    for (const job of waiting) settle(job, groupEnd.kind === "done" ? null : await attempt(job));
  };

  for (const stage of stages) {
    const jobs = stage({ verifications, measurements });
    const known = done + jobs.length;
    const began = done;
    end = Math.min(budget, stage.share === undefined ? Infinity : spent() + stage.share * budget);
    const open: Job[] = [];
    for (const job of jobs) {
      const earlier = journal.finished.get(job.id);
      if (earlier === undefined) {
        open.push(job);
        continue;
      }
      keep(job, earlier);
      done++;
    }
    for (const next of groupsOf(open)) {
      if (!(await beginProcess(next))) continue;
      const average = ran === 0 || stage !== stages.at(-1) ? Number.POSITIVE_INFINITY : (now() - started) / ran;
      const left = Math.max(0, Math.min(budgetLeft(), average * (jobs.length - (done - began))));
      const [first = next as Job] = Array.isArray(next) ? next : [];
      onProgress?.({ id: first.id, done, known, spent: spent(), left });
      if ("kind" in next) settle(next, await attempt(next));
      else await runGroup(next);
    }
  }
  return { verifications, measurements: acrossProcesses(measurements), leftOut, notes };
};
