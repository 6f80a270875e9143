import type { Dtype, Shape } from "../../kernels/kernel.ts";
import type { LayerChoices } from "../../kernels/layer/choices.ts";
import type { Seconds } from "../units.ts";
import type { PipelineState } from "./measurements/pipeline-state.ts";
import type { Cache } from "./measurements/timing.ts";
import type { UploadMethod } from "./measurements/upload.ts";
import type { StartOf } from "./measurements/warm-up.ts";
import type { Adapter, Measurement, Verification } from "./schema.ts";

/**
 * One thing to measure. `id` is the id of the measurement that comes back. A job of a further process than the one before it begins in a fresh
 * one; without a number it is the first one's.
 */
export type Job = (PageJob | LaunchJob) & { readonly process?: number };

/** What the driver does by itself: processes are started for it, and pages in them given their part of it. */
export type LaunchJob = WarmUpJob | CompileJob;

/** Starts of a decoder layer, by what is new in them. */
export interface WarmUpJob {
  readonly kind: "warm-up";
  readonly id: string;
  readonly layer: LayerJob;
  /** Fresh processes with empty caches. */
  readonly launches: number;
  /** How many of those are followed by another process on the caches they left. */
  readonly restarts: number;
  /** Starts in the first of those processes, of each other kind. */
  readonly devices: number;
  readonly pipelines: number;
  readonly nothing: number;
}

/** A decoder layer's kernels compiled in every state, with so many pending at a time. */
export interface CompileJob {
  readonly kind: "compile";
  readonly id: string;
  readonly layer: LayerJob;
  readonly pending: readonly number[];
  /** Of the layer, each with texts of its own, at least; more where more pipelines are to be pending. */
  readonly copies: number;
}

/** One start in a page. `nonce` makes the kernels' texts: the same for the same texts, another for texts that nobody has seen. */
export interface StartJob {
  readonly kind: "start";
  readonly id: string;
  readonly layer: LayerJob;
  readonly nonce: number;
  readonly start:
    | ({ readonly fresh: "process" } & Pick<
        StartOf<"process">,
        "pipelines" | "launch" | "browser_start_s" | "browser_cache_entries" | "driver_cache_bytes"
      >)
    | { readonly fresh: "device" | "pipelines" | "nothing" };
}

/** A page's part of a `CompileJob`: one state. `process-warm` compiles for a new device, every other state for the page's own. */
export interface CompileStateJob extends Omit<CompileJob, "kind"> {
  readonly kind: "compile-state";
  readonly nonce: number;
  readonly state: PipelineState;
}

/** What the driver sends a page. */
export type PageJob =
  | { readonly kind: "clock"; readonly id: string }
  | StartJob
  | CompileStateJob
  | UploadJob
  | { readonly kind: "device-memory"; readonly id: string }
  /** Streams the file that the driver's server makes at its path (weight-file.ts). */
  | {
      readonly kind: "load-pipeline";
      readonly id: string;
      readonly method: UploadMethod;
      readonly bytes: number;
      readonly chunk_bytes: number;
    }
  | { readonly kind: "overhead"; readonly id: string }
  | TuneJob
  /** `choices`: what a decoder layer is composed of, where that is not its default. */
  | { readonly kind: "verify"; readonly id: string; readonly variant: string; readonly choices?: LayerChoices }
  | TimedJob;

/** Variants of a family raced at one shape. All of them suit it. */
export interface TuneJob {
  readonly kind: "tune";
  readonly id: string;
  readonly family: string;
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly cache: Cache;
  /** One of the candidates: the one to beat. */
  readonly default: string;
  readonly candidates: readonly string[];
}

/** Bytes from the page's memory to the GPU. */
export interface UploadJob {
  readonly kind: "upload";
  readonly id: string;
  readonly method: UploadMethod;
  readonly bytes: number;
  readonly chunk_bytes: number;
  /** Size of the buffers to write into, again and again; all of `bytes` where left out. */
  readonly into_bytes?: number;
}

/** A job whose samples are taken in turn with those of other jobs, so that drift falls on all alike. */
export type TimedJob =
  | { readonly kind: "kernel"; readonly id: string; readonly variant: string; readonly shape: Shape; readonly cache: Cache }
  | { readonly kind: "layer"; readonly id: string; readonly layer: LayerJob; readonly cache: Cache };

/** A whole decoder layer: its shape and which variant computes each part, so that what is composed is what was measured. */
export interface LayerJob {
  readonly shape: Shape;
  readonly choices: LayerChoices;
}

/** What has been found so far: later jobs are planned from it. */
export interface Findings {
  readonly verifications: readonly Verification[];
  readonly measurements: readonly Measurement[];
}

export type JobResult =
  | { readonly kind: "measured"; readonly measurement: Measurement }
  | { readonly kind: "verified"; readonly verification: Verification }
  /** It cannot be done on this device: a feature or a limit is missing, or memory ran out. */
  | { readonly kind: "left-out"; readonly because: string }
  | { readonly kind: "device-lost"; readonly because: string };

/** What the page found when it asked the browser for a GPU. */
export type Description =
  | { readonly kind: "adapter"; readonly adapter: Adapter }
  /** The browser has no `navigator.gpu`. */
  | { readonly kind: "no-webgpu" }
  /** WebGPU is there, and `requestAdapter` gave null. */
  | { readonly kind: "no-adapter" };

/** What the measuring page offers the driver, as `window.ballast`. Everything that crosses is JSON. */
export interface MeasuringPage {
  describe(): Promise<Description>;
  run(job: PageJob): Promise<JobResult>;
  /**
   * Measures jobs interleaved: in each round every job that is not done takes a turn, in an order drawn anew.
   *
   * @param within jobs that have enough samples when this time is over are kept
   * @param tell told each result as soon as it is there, and at most once a second whose turn it is, with null
   * @returns one result a job, in their order; null where the time was over before it had enough samples
   */
  runTogether(
    jobs: readonly TimedJob[],
    within: Seconds,
    tell?: (index: number, result: JobResult | null) => void,
  ): Promise<(JobResult | null)[]>;
}

/** One part of an agenda: its jobs in order of importance, planned from what the parts before it found. */
export interface Stage {
  (found: Findings): readonly Job[];
  /** Of the time budget, after what share no further job of it begins; with all that is left where none is given. A run that is resumed counts anew. */
  readonly share?: number;
}
