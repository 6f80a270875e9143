import { z } from "zod";

const positive = z.number().positive();
const wholeTokens = z.int().min(1);

/** How many tokens: always the same, or log-normal by its median and 99th percentile. */
export const lengthSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), tokens: wholeTokens }),
  z
    .strictObject({ kind: z.literal("log-normal"), p50_tokens: positive, p99_tokens: positive, max_tokens: wholeTokens })
    .refine((length) => length.p99_tokens >= length.p50_tokens, { message: "expected at least p50_tokens", path: ["p99_tokens"] })
    .refine((length) => length.max_tokens >= length.p50_tokens, { message: "expected at least p50_tokens", path: ["max_tokens"] }),
]);
export type LengthDistribution = z.infer<typeof lengthSchema>;

const lengths = { prompt: lengthSchema, output: lengthSchema };

export const trafficSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("poisson"), requests_per_s: positive, duration_s: positive, ...lengths }),
  /** A two-state Markov-modulated Poisson process: `burst_factor` times the calm rate while a burst lasts. */
  z.strictObject({
    kind: z.literal("bursty"),
    requests_per_s: positive.meta({ description: "Mean over calm and burst" }),
    duration_s: positive,
    burst_factor: z.number().min(1).default(4).meta({ description: "Rate in a burst over the calm rate" }),
    burst_s: positive.default(30).meta({ description: "Mean length of a burst" }),
    calm_s: positive.default(270).meta({ description: "Mean time between bursts" }),
    ...lengths,
  }),
  /** A trace file: requests come when they came, each with its own lengths. */
  z.strictObject({
    kind: z.literal("trace"),
    format: z.enum(["azure", "mooncake"]),
    file: z.string().min(1),
    speed: positive.default(1).meta({ description: "2 plays the trace twice as fast: twice the requests a second" }),
  }),
]);
export type Traffic = z.infer<typeof trafficSchema>;
