import type { Seconds } from "../units.ts";

/** One server's limits, by vLLM's names, all resolved. */
export interface ReplicaConfig {
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly maxModelLen: number;
  readonly blockSize: number;
  /** As the engine's log prints it; one of them is the null block. */
  readonly numGpuBlocks: number;
}

/** One step of the way from a wish for a replica to a ready one. */
export interface ColdStartPhase {
  readonly name: string;
  /** The state in which the phase's GPU time is counted. */
  readonly state: "provisioning" | "loading" | "warming";
  readonly duration: Seconds;
}
