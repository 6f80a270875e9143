import { z } from "zod";
import { lengthSchema } from "../distributions.ts";

/** What a Prometheus saw of the servers: requests counted window by window, lengths in buckets. */
export const prometheusSchema = z.strictObject({
  kind: z.literal("prometheus"),
  folder: z.string().min(1).meta({ description: "Saved answers of range queries; `ballast traffic queries` prints those to run" }),
  cv: z.number().positive().max(100).default(1).meta({
    description: "Of the gaps inside a window between two samples, where nobody saw them: 1 is Poisson, above it they cluster",
  }),
  max_tokens: z.int().min(2).optional().meta({
    description: "Prompt and output of a request together, at most; the server's max_model_len, else the model's context, by default",
  }),
  prompt: lengthSchema.optional().meta({ description: "Instead of prompt_tokens.json" }),
  output: lengthSchema.optional().meta({ description: "Instead of generation_tokens.json" }),
});
export type Prometheus = z.infer<typeof prometheusSchema>;
