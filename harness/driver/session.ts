import type { Description, JobResult, PageJob, TimedJob } from "../../src/profile/jobs.ts";
import type { Seconds } from "../../src/units.ts";

/** What came of a job: the page's own result, or the way in which the page did not give one. */
export type Outcome =
  | JobResult
  /** No answer within the time limit. */
  | { readonly kind: "hung"; readonly because: string }
  /** The page or the browser ended. */
  | { readonly kind: "crashed"; readonly because: string };

/** How a group of jobs ended: its own way, or with a fault that took the jobs without a result with it. */
export type GroupEnd = { readonly kind: "done" } | Extract<Outcome, { kind: "hung" | "crashed" | "device-lost" }>;

export interface GroupLimits {
  /** When the page is to end the group: what has enough samples by then is kept. */
  readonly within: Seconds;
  /** Longest time without a sign of life from the page. */
  readonly silence: Seconds;
}

/** The browser's own view of a GPU, independent of what WebGPU tells a page. */
export interface SystemGpu {
  readonly vendorId: number;
  readonly deviceId: number;
  readonly vendor: string;
  readonly device: string;
  readonly driver: string;
}

/** One started browser with the measuring page open, or one process with Dawn in it. After `hung` or `crashed` only `close` is of use. */
export interface Session {
  readonly pid: number;
  /** Product and version, as it states them. */
  readonly version: string;
  /** The whole command line as started, without the paths of the temporary profile. */
  readonly flags: readonly string[];
  /** From starting the process to being ready to measure. */
  readonly startTime: Seconds;
  /** None where the browser does not say. */
  systemGpus(): Promise<readonly SystemGpu[]>;
  describe(): Promise<Description>;
  run(job: PageJob, limit: Seconds): Promise<Outcome>;
  /**
   * Measures jobs interleaved. Each result is told as soon as it is there, so that a later fault does not take it along; a job that is not
   * told of has none.
   */
  runTogether(jobs: readonly TimedJob[], limits: GroupLimits, onResult: (job: TimedJob, result: JobResult) => void): Promise<GroupEnd>;
  /** Ends every process of the browser and removes its own profile; may be called again. */
  close(): Promise<void>;
}
