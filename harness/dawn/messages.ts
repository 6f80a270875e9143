import type { Description, JobResult, PageJob, TimedJob } from "../../src/profile/jobs.ts";
import type { Seconds } from "../../src/units.ts";

/** What a Dawn process is started with: its one argument, as JSON. */
export interface DawnStart {
  /** URL of the npm package `webgpu`. */
  readonly package: string;
  /** What `create` of that package is given. `adapter=NAME` may be part of a name, in any case. */
  readonly options: readonly string[];
}

/** A call of `MeasuringPage`, numbered. */
export type Question = { readonly number: number } & (
  | { readonly call: "describe" }
  | { readonly call: "run"; readonly job: PageJob }
  | { readonly call: "runTogether"; readonly jobs: readonly TimedJob[]; readonly within: Seconds }
);

/** What the Dawn process says by itself and in answer. */
export type Told =
  | { readonly kind: "ready" }
  /** Of a group under way; see `MeasuringPage.runTogether`. */
  | { readonly kind: "progress"; readonly number: number; readonly index: number; readonly result: JobResult | null }
  | { readonly kind: "answer"; readonly number: number; readonly answer: Description | JobResult | readonly (JobResult | null)[] }
  /** The call threw: a fault of the harness. */
  | { readonly kind: "failure"; readonly number: number; readonly because: string };
