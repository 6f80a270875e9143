import { z } from "zod";

/** Settings of one server, by their names in vLLM. */
export const replicaSchema = z
  .strictObject({
    max_num_seqs: z.int().min(1).optional().meta({ description: "Sequences in the running batch at most; vLLM's default for the GPU" }),
    max_num_batched_tokens: z
      .int()
      .min(1)
      .optional()
      .meta({ description: "Token budget of one step, prefill and decode together; vLLM's default for the GPU" }),
    max_model_len: z.int().min(1).optional().meta({ description: "Longest prompt plus output; the model's own limit by default" }),
    block_size: z.int().min(1).default(16).meta({ description: "Tokens in a KV block" }),
    num_gpu_blocks: z.int().min(2).optional().meta({ description: "KV blocks, from the engine's log; estimated from memory by default" }),
    gpu_memory_utilization: z.number().gt(0).max(1).default(0.9),
    enable_prefix_caching: z.boolean().default(true).meta({ description: "Requests begin with the blocks that others left in the cache" }),
    enable_chunked_prefill: z.boolean().default(true),
    long_prefill_token_threshold: z
      .int()
      .min(0)
      .default(0)
      .meta({ description: "Tokens that one request computes in a step at most; 0: no such limit" }),
    scheduling_policy: z.enum(["fcfs", "priority"]).default("fcfs"),
    scheduler_reserve_full_isl: z
      .boolean()
      .default(true)
      .meta({ description: "Admit a request only where its whole sequence fits into the KV cache" }),
    watermark: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .meta({ description: "Share of KV blocks that an admission leaves free while others run" }),
  })
  .prefault({});
export type ReplicaSettings = z.infer<typeof replicaSchema>;
