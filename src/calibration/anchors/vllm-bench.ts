import { z } from "zod";
import { schemaError } from "../../json.ts";
import type { ReadAnchor } from "./point.ts";

const positive = z.number().positive();
/** The fields of `vllm bench serve --save-result` that are used; it has many more. */
const resultSchema = z.looseObject({
  model_id: z.string().optional(),
  max_concurrency: z.number().nullable().optional(),
  duration: positive,
  completed: z.int().min(1),
  total_input_tokens: z.int().min(1),
  total_output_tokens: z.int().min(1),
  median_ttft_ms: positive,
  median_tpot_ms: positive,
});

/** Whether a JSON value looks like a result of `vllm bench serve`. */
export const isVllmBench = (value: Readonly<Record<string, unknown>>): boolean => "median_tpot_ms" in value || "mean_tpot_ms" in value;

/**
 * One decode point from a serving benchmark, and a prefill point where one request at a time was sent.
 *
 * The sequences that decoded together are the output rate times the time per output token (Little's law), their context the mean prompt
 * and half the mean output. Under load the time per output token also holds the prefill of others, so that the point is the slower for
 * it, and the time to first token is mostly waiting: a note says so.
 *
 * @throws InputError where a field is missing
 */
export const readVllmBench = (value: unknown, place: string): ReadAnchor => {
  const parsed = resultSchema.safeParse(value);
  if (!parsed.success) throw schemaError(parsed.error, value, place, "Run vllm bench serve --save-result again, and give its file.");
  const { duration, completed, total_input_tokens, total_output_tokens, median_ttft_ms, median_tpot_ms, max_concurrency } = parsed.data;
  const prompt = total_input_tokens / completed;
  const output = total_output_tokens / completed;
  const tpot = median_tpot_ms / 1000;
  const sequences = Math.max(1, (total_output_tokens / duration) * tpot);
  const isAlone = max_concurrency === 1;
  return {
    points: [
      {
        curve: "decode",
        engine: "vllm",
        source: `${place}: median TPOT`,
        sequences: Math.round(isAlone ? 1 : sequences),
        context: Math.round(prompt + output / 2),
        seconds: tpot,
      },
      ...(isAlone
        ? [
            {
              curve: "prefill" as const,
              engine: "vllm",
              source: `${place}: median TTFT`,
              tokens: Math.round(prompt),
              seconds: median_ttft_ms / 1000,
            },
          ]
        : []),
    ],
    notes: isAlone
      ? [`${place}: its time to first token holds HTTP and tokenization, too.`]
      : [
          `${place}: several requests at a time. Its time per output token holds the prefill of others, its time to first token their waiting: no prefill point. --max-concurrency 1 gives both clean.`,
        ],
  };
};
