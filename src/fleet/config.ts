import type { Input } from "../provenance.ts";
import type { StepTimeModel } from "../replica/step-batch.ts";
import type { Request } from "../traffic/request.ts";
import type { Nanoseconds, Seconds } from "../units.ts";
import type { Run } from "./run.ts";
import type { Policy } from "./settings.ts";

/** A scenario with everything resolved: all that `simulate` needs, and nothing that it must look up. */
export interface FleetConfig {
  readonly scenario: string;
  readonly seed: number;
  /** In order of arrival. */
  readonly requests: readonly Request[];
  readonly stepTime: StepTimeModel;
  readonly replica: ReplicaConfig;
  /** What a new replica goes through before it serves, in order. */
  readonly coldStart: readonly ColdStartPhase[];
  readonly policy: Policy;
  /** Run every step through the scheduler, without the fast path. Same bytes, slower. */
  readonly isStepwise?: boolean;
  /** Carried into the run as they are. */
  readonly inputs: readonly Input[];
  readonly notModelled: readonly string[];
}

export interface ReplicaConfig {
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly maxModelLen: number;
  readonly blockSize: number;
  /** As the engine's log prints it; one of them is the null block. */
  readonly numGpuBlocks: number;
}

export interface ColdStartPhase {
  readonly name: string;
  /** The state in which the phase's GPU time is counted. */
  readonly state: "provisioning" | "loading" | "warming";
  readonly duration: Seconds;
}

/** What became of one request. Times are null where they never came. */
export interface RequestRecord {
  readonly id: number;
  readonly arrivedAt: Nanoseconds;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly state: "deferred" | "queued" | "running" | "finished" | "rejected" | "timed_out" | "cut_off" | "lost";
  readonly firstTokenAt: Nanoseconds | null;
  readonly lastTokenAt: Nanoseconds | null;
  readonly preemptions: number;
}

export interface SimulationResult {
  readonly run: Run;
  /** In order of id. */
  readonly requests: readonly RequestRecord[];
}
