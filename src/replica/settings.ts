import { z } from "zod";

/** Settings of one server, by their names in vLLM. */
export const replicaSchema = z
  .strictObject({
    max_num_seqs: z.int().min(1).default(256).meta({ description: "Sequences in the running batch at most (vLLM)" }),
    max_num_batched_tokens: z
      .int()
      .min(1)
      .default(2048)
      .meta({ description: "Token budget of one step, prefill and decode together (vLLM)" }),
    max_model_len: z.int().min(1).optional().meta({ description: "Longest prompt plus output; the model's own limit by default" }),
    block_size: z.int().min(1).default(16).meta({ description: "Tokens in a KV block" }),
    num_gpu_blocks: z.int().min(2).optional().meta({ description: "KV blocks, from the engine's log; estimated from memory by default" }),
    gpu_memory_utilization: z.number().gt(0).max(1).default(0.9),
  })
  .prefault({});
export type ReplicaSettings = z.infer<typeof replicaSchema>;
