import { z } from "zod";
import { count, measuredAt, samples } from "./common.ts";
import { cacheSchema } from "./timing.ts";

const candidate = { variant: z.string(), version: z.int().min(1) };

/** Which of a family's variants is the fastest at one shape on this device: raced in turns, and the first of the race timed again before they are believed. */
export const tuningSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("tuning"),
  family: z.string(),
  dtype: z.enum(["f32", "f16"]),
  shape: z.record(z.string(), z.int().min(0)),
  cache: cacheSchema,
  default: z.string().meta({ description: "The variant that is taken where nothing was tuned; the one to beat" }),
  choice: z.string().meta({ description: "The default unless another is faster beyond what the fresh samples leave open" }),
  runner_up: z.string().nullable().meta({ description: "The next fastest; null where only one variant suits the shape" }),
  candidates: z
    .array(
      z.strictObject({
        ...candidate,
        rounds: count.meta({ description: "Turns it took before it was out of the race" }),
        race_s: samples.meta({ description: "Seconds for one run, one sample a turn; what was fastest here by luck is not believed" }),
        fresh_s: samples.nullable().meta({
          description: "Seconds for one run, taken after the race in turns with the others that were left; null for one that was out",
        }),
      }),
    )
    .min(1)
    .meta({ description: "Those that suit the shape and passed their verification, the fastest first" }),
  reused_from: z.string().nullable().meta({
    description:
      "The profile that it was taken over from, since device, driver, runtime and the candidates' versions were the same; null where it was raced in this run",
  }),
});
export type Tuning = z.infer<typeof tuningSchema>;
