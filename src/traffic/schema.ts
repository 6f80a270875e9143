import { z } from "zod";
import { lengthSchema, thinkTimeSchema, turnsSchema } from "./distributions.ts";
import { prometheusSchema } from "./prometheus/schema.ts";
import { traceSchema } from "./trace/schema.ts";

export type { LengthDistribution } from "./distributions.ts";

const positive = z.number().positive();
const wholeTokens = z.int().min(1);

const lengths = { prompt: lengthSchema, output: lengthSchema };
const meanRate = positive.meta({ description: "Requests per second, on average over the whole of it" });

export const trafficSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("poisson"), requests_per_s: positive, duration_s: positive, ...lengths }),
  /** A renewal process with gamma gaps. */
  z.strictObject({
    kind: z.literal("gamma"),
    requests_per_s: meanRate,
    duration_s: positive,
    cv: positive.max(100).meta({ description: "Standard deviation of the gaps over their mean: 1 is Poisson, above it they cluster" }),
    ...lengths,
  }),
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
  /** Poisson with a rate that swings as a cosine over the day. */
  z.strictObject({
    kind: z.literal("diurnal"),
    requests_per_s: positive.meta({ description: "Mean over a whole day" }),
    duration_s: positive,
    swing: z.number().min(0).max(1).default(0.5).meta({ description: "0.5: the peak is half above the mean, the trough half below" }),
    peak_s: z.number().min(0).default(50_400).meta({ description: "When the peak comes, from the start of a day" }),
    day_s: positive.default(86_400).meta({ description: "From one peak to the next" }),
    ...lengths,
  }),
  /** Poisson with rates one after another. */
  z.strictObject({
    kind: z.literal("steps"),
    steps: z
      .array(z.strictObject({ for_s: positive, requests_per_s: z.number().min(0) }))
      .min(1)
      .meta({ description: "One after another; a rate may be 0" }),
    ...lengths,
  }),
  /** Conversations: each request waits for the answer to the one before it, and repeats it with all that came before. */
  z
    .strictObject({
      kind: z.literal("sessions"),
      sessions_per_s: positive.meta({ description: "Sessions that begin, as a Poisson process" }),
      duration_s: positive.meta({ description: "How long sessions begin; those that have begun go on" }),
      turns: turnsSchema,
      think_s: thinkTimeSchema,
      system_tokens: z.int().min(0).default(0).meta({ description: "The same tokens at the beginning of every session" }),
      max_prompt_tokens: wholeTokens.meta({ description: "A session ends before a prompt that would be longer" }),
      ...lengths,
    })
    .refine((sessions) => sessions.system_tokens < sessions.max_prompt_tokens, {
      message: "expected more than system_tokens",
      path: ["max_prompt_tokens"],
    }),
  /** Many clients, each with its own rate, gaps and lengths by the hour: ServeGen's statistics. */
  z.strictObject({
    kind: z.literal("clients"),
    traces: z.string().min(1).meta({ description: "Folder or .tar.gz of chunk-<client>-trace.csv" }),
    datasets: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "Folder or .tar.gz of chunk-<client>-dataset.json; beside the traces by default" }),
    start_s: z.number().min(0).default(0).meta({ description: "Where in the statistics it begins" }),
    duration_s: positive,
    rate_factor: positive.default(1).meta({ description: "0.01 takes each client at a hundredth of its rate" }),
  }),
  prometheusSchema,
  traceSchema,
]);
export type Traffic = z.infer<typeof trafficSchema>;
export type TrafficOf<Kind extends Traffic["kind"]> = Extract<Traffic, { kind: Kind }>;
