import type { ReplicaConfig } from "../replica/config.ts";
import type { FleetSetup } from "../scenario/resolve.ts";
import type { ServerSetting } from "./fleet-schema.ts";

/** By vLLM's names. */
const REPLICA: Readonly<Record<keyof ReplicaConfig, string>> = {
  maxNumSeqs: "max_num_seqs",
  maxNumBatchedTokens: "max_num_batched_tokens",
  maxModelLen: "max_model_len",
  blockSize: "block_size",
  numGpuBlocks: "num_gpu_blocks",
  enablePrefixCaching: "enable_prefix_caching",
  enableChunkedPrefill: "enable_chunked_prefill",
  longPrefillTokenThreshold: "long_prefill_token_threshold",
  schedulingPolicy: "scheduling_policy",
  schedulerReserveFullIsl: "scheduler_reserve_full_isl",
  watermark: "watermark",
};

/** Inputs that say how fast a server is. */
const SPEED: ReadonlySet<string> = new Set(["weights", "engine", "step time", "CPU overhead a step"]);

/** How the servers of a fleet are set, and what stands in front of them: what a validation holds for. How many there are, and how one starts, is not. */
export const serverOf = ({ replica, inputs, gpusPerReplica = 1, router, concurrencyLimit, admission }: FleetSetup): ServerSetting[] => [
  ...inputs.filter(({ name }) => SPEED.has(name)).map(({ name, value, source }) => ({ name, value: `${value} (${source})` })),
  { name: "gpus_per_replica", value: String(gpusPerReplica) },
  ...(Object.keys(REPLICA) as (keyof ReplicaConfig)[]).map((key) => ({ name: REPLICA[key], value: String(replica[key]) })),
  ...Object.entries({ router, concurrency_limit: concurrencyLimit, admission }).map(([name, value]) => ({
    name,
    value: JSON.stringify(value) ?? "none",
  })),
];

/** The first setting that is not the same; null where all are. */
export const differenceOrNull = (
  own: readonly ServerSetting[],
  others: readonly ServerSetting[],
): { readonly name: string; readonly own: string; readonly other: string } | null => {
  const valueIn = (all: readonly ServerSetting[], name: string): string => all.find((each) => each.name === name)?.value ?? "none";
  const name = [...own, ...others].map((each) => each.name).find((each) => valueIn(own, each) !== valueIn(others, each));
  return name === undefined ? null : { name, own: valueIn(own, name), other: valueIn(others, name) };
};
