import type { Comparison } from "../calibration/compare.ts";
import { SUMMARY_DECODE_CONTEXT, SUMMARY_DECODE_SEQUENCES, SUMMARY_PREFILL_TOKENS } from "../calibration/summary.ts";
import { bandwidth, duration, tokenRate } from "../format.ts";
import { bullets, type Cell, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";

/** This device beside every kept profile: what makes them incomparable first, then a row each. */
export const comparisonText = ({ model, caveats, rows, leftOut }: Comparison, style: Style = PLAIN): string =>
  text([
    style.strong(`This device beside kept profiles, speeds of ${model}`),
    ...caveats.flatMap((caveat) => wrap(caveat, "  ")).map(style.bad),
    ...table(
      [left("device"), left("condition"), left("type"), right("upload"), right("warm-up"), right("prefill"), right("decode")],
      rows.map(({ device, condition, dtype, upload, warmUp, prefillTokensPerSecond, decodeTokensPerSecond }): Cell[] => [
        device,
        condition,
        dtype,
        bandwidth(upload),
        duration(warmUp),
        tokenRate(prefillTokensPerSecond),
        tokenRate(decodeTokensPerSecond),
      ]),
      style,
    ),
    ...wrap(
      `Upload: the fastest first upload. Warm-up: process start to steady, weights not included. Prefill: one prompt of ${SUMMARY_PREFILL_TOKENS} tokens. ` +
        `Decode: ${SUMMARY_DECODE_SEQUENCES} sequences of ${SUMMARY_DECODE_CONTEXT} tokens, together.`,
      "  ",
    ),
    ...bullets(leftOut.map(({ device, because }) => `Left out: ${device}: ${because}`)),
  ]);
