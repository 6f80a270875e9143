import { z } from "zod";

export const traceFormatSchema = z
  .enum(["azure", "mooncake", "vllm", "csv", "agent-sessions"])
  .meta({ description: "How the file is written; by default told from its beginning" });
export type TraceFormat = z.infer<typeof traceFormatSchema>;

/** A trace's file: requests come when they came, each with its own lengths. */
export const traceSchema = z.strictObject({
  kind: z.literal("trace"),
  format: traceFormatSchema.optional(),
  file: z.string().min(1),
  speed: z
    .number()
    .positive()
    .default(1)
    .meta({ description: "2 plays the trace twice as fast: twice the requests a second; think times stay" }),
  sessions_per_s: z
    .number()
    .positive()
    .optional()
    .meta({ description: "For agent-sessions, which do not say when they began: how many begin a second, as a Poisson process" }),
  beyond_context: z
    .enum(["refuse", "keep"])
    .default("refuse")
    .meta({ description: "Requests longer than the model's context: refuse the trace, or keep them, so that the server rejects each" }),
});
export type Trace = z.infer<typeof traceSchema>;
