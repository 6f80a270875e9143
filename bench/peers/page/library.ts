import type { Way } from "./contender.ts";
import type { Problem } from "./problem.ts";

/** A library beside Ballast, started on the page's device. */
export interface Library {
  readonly name: string;
  /** How it came by the device. */
  readonly device: string;
  /** Every way it has for a problem; the fastest that is right takes part. None where it has none. */
  ways(problem: Problem): readonly Way[];
}

/** What a library is started with. */
export interface SharedGpu {
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
}
