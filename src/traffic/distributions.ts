import { z } from "zod";
import { traceFormatSchema } from "./trace/schema.ts";

const positive = z.number().positive();
const wholeTokens = z.int().min(1);

/** How many tokens: always the same, log-normal by its median and 99th percentile, or those of a trace's requests. */
export const lengthSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("constant"), tokens: wholeTokens }),
    z
      .strictObject({ kind: z.literal("log-normal"), p50_tokens: positive, p99_tokens: positive, max_tokens: wholeTokens })
      .refine((length) => length.p99_tokens >= length.p50_tokens, { message: "expected at least p50_tokens", path: ["p99_tokens"] })
      .refine((length) => length.max_tokens >= length.p50_tokens, { message: "expected at least p50_tokens", path: ["max_tokens"] }),
    /** Prompts are drawn from the trace's prompts, outputs from its outputs; where both name one file, a request takes both from one line of it. */
    z.strictObject({
      kind: z.literal("empirical"),
      file: z.string().min(1).meta({ description: "A trace's file" }),
      format: traceFormatSchema.optional(),
    }),
  ])
  .meta({ id: "Length", description: "Tokens of a request" });
export type LengthDistribution = z.infer<typeof lengthSchema>;

/** How many requests a session has. */
export const turnsSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), turns: z.int().min(1) }),
  /** After every turn the session goes on with the same chance. */
  z.strictObject({ kind: z.literal("geometric"), mean_turns: z.number().min(1) }),
]);
export type Turns = z.infer<typeof turnsSchema>;

/** From an answer's last token to the session's next request. */
export const thinkTimeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), seconds: z.number().min(0) }),
  z.strictObject({ kind: z.literal("exponential"), mean_s: positive }),
  z
    .strictObject({ kind: z.literal("log-normal"), p50_s: positive, p99_s: positive })
    .refine((time) => time.p99_s >= time.p50_s, { message: "expected at least p50_s", path: ["p99_s"] }),
]);
export type ThinkTime = z.infer<typeof thinkTimeSchema>;
