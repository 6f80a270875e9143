import type { Findings, Job, JobResult } from "../../src/profile/jobs.ts";
import type { Stage } from "../../src/profile/agenda.ts";
import { measurementSchema, verificationSchema, type Measurement, type Verification } from "../../src/profile/schema.ts";
import type { Seconds } from "../../src/units.ts";
import type { Outcome } from "./session.ts";

/** The device under measurement, as the loop sees it. */
export interface BenchDevice {
  run(job: Job, limit: Seconds): Promise<Outcome>;
  /** Starts afresh after a fault. Throws where the same device does not come back. */
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

/**
 * Runs jobs in order of importance until the budget ends, each result journalled at once.
 *
 * A fault (a hung page, a lost device, a crashed browser) costs the job under way: the device is opened again and the job repeated
 * once, then left out with the reason. A job that the budget's end interrupts is left out without a repeat.
 *
 * @throws what `device.run` and `device.reopen` throw (an interruption, a device that does not come back); the journal is then complete
 *   up to the job under way
 */
export const runBench = async (options: BenchOptions): Promise<BenchOutcome> => {
  const { device, journal, now, budget, jobLimit, stages, onProgress, onNote } = options;
  const started = now();
  const spent = () => journal.spent + now() - started;
  const verifications: Verification[] = [];
  const measurements: Measurement[] = [];
  const leftOut: { id: string; because: string }[] = [];
  const notes: string[] = [...journal.notes];
  let ran = 0;
  let done = 0;

  const note = (text: string) => {
    notes.push(text);
    journal.note(text);
    onNote?.(text);
  };
  const keep = (id: string, result: JobResult) => {
    switch (result.kind) {
      case "measured":
        return void measurements.push(result.measurement);
      case "verified":
        return void verifications.push(result.verification);
      case "left-out":
      case "device-lost":
        return void leftOut.push({ id, because: result.because });
      default:
        return result satisfies never;
    }
  };

  /** The job's result; null where the budget ended while it was under way. */
  const attempt = async (job: Job): Promise<JobResult | null> => {
    for (let repeats = 0; ; repeats++) {
      const left = budget - spent();
      if (left <= 0) return null;
      const outcome = await device.run(job, Math.min(jobLimit, left));
      if (outcome.kind !== "hung" && outcome.kind !== "crashed" && outcome.kind !== "device-lost") return checkedResult(job, outcome);
      if (outcome.kind === "hung" && left <= jobLimit) return null; // nothing more runs, so nothing is opened again
      note(`${job.id}: ${outcome.because}; the browser was started again${repeats === 0 ? " and the measurement repeated" : ""}.`);
      await device.reopen();
      if (repeats > 0) return { kind: "left-out", because: `twice: ${outcome.because}` };
    }
  };

  for (const stage of stages) {
    const jobs = stage({ verifications, measurements });
    const known = done + jobs.length;
    for (const [index, job] of jobs.entries()) {
      const earlier = journal.finished.get(job.id);
      if (earlier !== undefined) {
        keep(job.id, earlier);
        done++;
        continue;
      }
      const timeLeft = budget - spent();
      const average = ran === 0 || stage !== stages.at(-1) ? Number.POSITIVE_INFINITY : (now() - started) / ran;
      const left = Math.max(0, Math.min(timeLeft, average * (jobs.length - index)));
      onProgress?.({ id: job.id, done, known, spent: spent(), left });
      const result = timeLeft <= 0 ? null : await attempt(job);
      done++;
      if (result === null) {
        leftOut.push({ id: job.id, because: "the time budget had ended" });
        continue;
      }
      ran++;
      journal.append(job.id, result, spent());
      keep(job.id, result);
    }
  }
  return { verifications, measurements, leftOut, notes };
};
