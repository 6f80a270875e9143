export type { ColdStartPhase } from "./cold-start/phase.ts";

/** One server's limits and its scheduler's settings, by vLLM's names, all resolved. */
export interface ReplicaConfig {
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly maxModelLen: number;
  readonly blockSize: number;
  /** As the engine's log prints it; one of them is the null block. */
  readonly numGpuBlocks: number;
  /** Requests begin with the blocks that others with the same beginning have left in the cache. */
  readonly enablePrefixCaching: boolean;
  /** Off: a prompt is computed in one step, or waits until the step has room for it. */
  readonly enableChunkedPrefill: boolean;
  /** A request computes at most so many tokens in a step; 0: no such limit. */
  readonly longPrefillTokenThreshold: number;
  readonly schedulingPolicy: "fcfs" | "priority";
  /** Admit a request only where its whole sequence fits, although only the first chunk's blocks are taken. */
  readonly schedulerReserveFullIsl: boolean;
  /** Share of all blocks that an admission must leave free while others run. */
  readonly watermark: number;
}

/** vLLM's own defaults, where they depend neither on the model nor on the hardware. */
export const schedulerDefaults = {
  blockSize: 16,
  enablePrefixCaching: true,
  enableChunkedPrefill: true,
  longPrefillTokenThreshold: 0,
  schedulingPolicy: "fcfs",
  schedulerReserveFullIsl: true,
  watermark: 0,
} as const satisfies Partial<ReplicaConfig>;
