import type { Shape } from "../../kernels/kernel.ts";
import type { LayerChoices } from "../../kernels/layer/decoder-layer.ts";
import type { Cache } from "./measurements/timing.ts";
import type { Adapter, Measurement, Verification } from "./schema.ts";

/** One thing to measure: the driver sends it, the page does it. `id` is the id of the measurement that comes back. */
export type Job =
  | { readonly kind: "clock"; readonly id: string }
  | { readonly kind: "warm-up"; readonly id: string; readonly layer: LayerJob; readonly browser_start_s: number }
  | {
      readonly kind: "upload";
      readonly id: string;
      readonly method: "writeBuffer" | "mappedAtCreation" | "staging-ring";
      readonly bytes: number;
      readonly chunk_bytes: number;
    }
  | { readonly kind: "overhead"; readonly id: string }
  /** `choices`: what a decoder layer is composed of, where that is not its default. */
  | { readonly kind: "verify"; readonly id: string; readonly variant: string; readonly choices?: LayerChoices }
  | TimedJob;

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
  run(job: Job): Promise<JobResult>;
  /** Measures jobs interleaved: each turn goes to one of those that are not done yet, drawn at random. One result a job, in order. */
  runTogether(jobs: readonly TimedJob[]): Promise<JobResult[]>;
}
