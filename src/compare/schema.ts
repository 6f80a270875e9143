import { z } from "zod";

/** What a comparison of devices found, as `compare --json` prints it. Times are seconds; ratios are of times, so above 1 is slower. */
export const COMPARISON_SCHEMA = "ballast.comparison/1";

export const verdictSchema = z.enum(["SAME", "FASTER", "SLOWER", "UNSURE"]);
export type Verdict = z.infer<typeof verdictSchema>;

/**
 * Why a verdict is UNSURE.
 *
 * - `below-clock`: a sample was too short for its clock to see, or took no time at all.
 * - `few-samples`: so few that even samples wholly apart would prove nothing among so many rows.
 * - `time-out`: a side's sampling ran out of time before its noise was low enough, and the interval is too wide.
 * - `noise`: the interval of the ratio is wider than the range that counts as the same.
 * - `runs-differ`: two runs on one device differ by so much here that to be within it says nothing.
 * - `at-margin`: the interval is narrow, but reaches across the margin: neither the same nor surely more.
 * - `ranks-differ`: the interval lies beyond the margin, but the rank test does not bear it out.
 */
export const reasonSchema = z.enum(["below-clock", "few-samples", "time-out", "noise", "runs-differ", "at-margin", "ranks-differ"]);
export type Reason = z.infer<typeof reasonSchema>;

export const comparedDeviceSchema = z.strictObject({
  label: z.string().meta({ description: "A for the baseline, then B, C…" }),
  source: z.string().meta({ description: "Where the profile was read from, as it was given" }),
  profile: z.string().meta({ description: "The profile's content hash" }),
  device: z.string(),
  is_gpu: z.boolean(),
  condition: z.enum(["web", "native-like"]),
  runtime: z.enum(["chrome", "dawn"]),
  browser: z.string(),
  dtype: z.enum(["f32", "f16"]).meta({ description: "In which it would hold the model's weights" }),
  started_at: z.string(),
});
export type ComparedDevice = z.infer<typeof comparedDeviceSchema>;

export const figureValueSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("known"),
    value: z.number(),
    error: z.number().min(0).nullable().meta({ description: "Relative: 0.03 is ± 3 %; null where it is not known" }),
    is_extrapolated: z.boolean().meta({ description: "It lies outside what was measured" }),
  }),
  z.strictObject({ kind: z.literal("missing"), because: z.string() }),
]);
export type FigureValue = z.infer<typeof figureValueSchema>;

export const figureSchema = z.strictObject({
  name: z.string(),
  unit: z.enum(["requests/s", "tokens/s", "s", "B/s", "FLOP/s"]),
  error_is: z.string().meta({ description: "What `error` is of: the held-out error of a curve, the interval of a median" }),
  values: z.array(figureValueSchema).meta({ description: "One a device, in their order" }),
});
export type Figure = z.infer<typeof figureSchema>;

/**
 * How samples were taken. `in-turns`: over minutes, in turn with those of other cases, so that the machine's moods fall on all alike. `at-once`: one after
 * another in one moment, whose mood all of them share.
 */
export const samplingSchema = z.enum(["in-turns", "at-once"]);
export type Sampling = z.infer<typeof samplingSchema>;

export const marginSchema = z.strictObject({
  sampling: samplingSchema,
  noise_between_runs: z
    .number()
    .nullable()
    .meta({ description: "Standard deviation of a ratio between two runs on one device, relative; null where it cannot be told" }),
  margin: z
    .number()
    .meta({ description: "What counts as the same, relative: the threshold, or what runs differ by anyway where that is more" }),
});
export type Margin = z.infer<typeof marginSchema>;

const ratioSchema = z.strictObject({ estimate: z.number(), low: z.number(), high: z.number() });

export const rowSchema = z.strictObject({
  id: z.string(),
  family: z.string(),
  base_s: z.number().meta({ description: "Median of the baseline" }),
  other_s: z.number().meta({ description: "Median of the other device" }),
  ratio: ratioSchema.nullable().meta({
    description:
      "other_s over base_s with its 95 % interval; null where a side is 0 or was timed in one start, which says nothing of another",
  }),
  samples: z.tuple([z.int(), z.int()]),
  sampling: samplingSchema,
  verdict: verdictSchema,
  reason: reasonSchema.nullable().meta({ description: "Why it is UNSURE; null otherwise" }),
  p: z
    .number()
    .nullable()
    .meta({ description: "Of the rank test at the margin, corrected for the number of rows; null where it was not made" }),
});
export type Row = z.infer<typeof rowSchema>;

export const pairSchema = z.strictObject({
  base: z.string().meta({ description: "Label of the baseline" }),
  other: z.string(),
  threshold: z.number().meta({ description: "Smallest relative change that was asked about: 0.02 is 2 %" }),
  margins: z.array(marginSchema).meta({ description: "One for each way in which the common rows were sampled" }),
  families: z.array(
    z.strictObject({
      family: z.string(),
      rows: z.int().min(1),
      ratio: ratioSchema.meta({ description: "Geometric mean of the rows' ratios" }),
    }),
  ),
  rows: z.array(rowSchema),
  only_base: z.array(z.string()).meta({ description: "Measured on the baseline alone" }),
  only_other: z.array(z.string()).meta({ description: "Measured on the other device alone" }),
});
export type Pair = z.infer<typeof pairSchema>;

export const comparisonSchema = z
  .strictObject({
    schema: z.literal(COMPARISON_SCHEMA),
    model: z.string().meta({ description: "The language model that loads, steps and requests are of" }),
    scenario: z
      .string()
      .nullable()
      .meta({ description: "What requests/s were asked about, the same for all; null where they were not asked for" }),
    devices: z.array(comparedDeviceSchema).min(1),
    caveats: z.array(z.string()).meta({ description: "What a reader must know before any number" }),
    figures: z.array(figureSchema),
    pairs: z.array(pairSchema).meta({ description: "Every other device against the baseline" }),
  })
  .meta({ id: "Comparison", title: "Ballast comparison of devices, version 1" });
export type Comparison = z.infer<typeof comparisonSchema>;
