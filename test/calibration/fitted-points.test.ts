import { describe, expect, it } from "vitest";
import { readCsvLines } from "../../cli/read-tables.ts";
import { fittedPoints } from "../../src/calibration/fitted-points.ts";
import type { StepOverhead } from "../../src/calibration/step-curve.ts";
import { curveSeconds, decodeWork, prefillWork } from "../../src/calibration/step-seconds.ts";
import { messageOf } from "../message-of.ts";

const none: StepOverhead = { seconds: 0, origin: "assumed", source: "the test" };
const header = "prefill_tokens,prefill_context,decode_sequences,decode_context,seconds";

/** 1 ms, 50 µs for each of at least 128 tokens, 3 ns a pair, 80 ns a key, 20 µs a sequence. */
const trueSeconds = (chunk: number, cached: number, sequences: number, context: number): number =>
  1e-3 +
  50e-6 * Math.max(128, chunk + sequences) +
  3e-9 * (chunk * cached + (chunk * (chunk + 1)) / 2) +
  80e-9 * sequences * context +
  20e-6 * sequences;

const steps: readonly (readonly [number, number, number, number])[] = [
  ...[1, 8, 32, 128, 256].flatMap((n) => [100, 1000, 4000].map((context) => [0, 0, n, context] as const)),
  ...[16, 128, 512, 2048].flatMap((chunk) => [0, 1024, 8192].map((cached) => [chunk, cached, 0, 0] as const)),
  ...[64, 700].map((chunk) => [chunk, 300, 40, 900] as const),
];
const text = [header, ...steps.map((step) => [...step, trueSeconds(...step)].join())].join("\n");
const fitOf = (csv: string) => fittedPoints(readCsvLines(csv, "steps.csv"), "steps.csv", none);

describe("a curve fitted to whole steps", () => {
  const curve = fitOf(text);

  it("finds the terms that made them, the knee among them", () => {
    expect(curve.read_tokens).toBe(128);
    expect(curve.per_token_s).toBeCloseTo(50e-6, 9);
    expect(curve.per_pair_s).toBeCloseTo(3e-9, 13);
    expect(curve.per_key_s).toBeCloseTo(80e-9, 12);
    expect(curve.per_sequence_s).toBeCloseTo(20e-6, 9);
  });

  it("predicts steps that it never saw, and says how well in held-out error", () => {
    expect(curveSeconds(curve, decodeWork(77, 1234))).toBeCloseTo(trueSeconds(0, 0, 77, 1234), 9);
    expect(curveSeconds(curve, prefillWork(1500))).toBeCloseTo(trueSeconds(1500, 0, 0, 0), 9);
    expect(curve.error).toMatchObject({ kind: "checked", p90_abs: expect.closeTo(0, 6) });
  });

  it("is valid where there were points", () => {
    expect(curve.valid).toEqual({
      tokens: [1, 2048],
      prefill_context: [16, 10_240],
      decode_sequences: [1, 256],
      decode_context: [100, 4000],
    });
  });

  it("adds the overhead that is given, and fits none of it", () => {
    const slower = fittedPoints(readCsvLines(text, "steps.csv"), "steps.csv", { ...none, seconds: 0.004 });
    expect(curveSeconds(slower, decodeWork(8, 100)) - curveSeconds(curve, decodeWork(8, 100))).toBeCloseTo(0.004, 9);
  });
});

it("points that cannot be fitted are refused with line, rule and value", () => {
  const refused = (...lines: string[]) => messageOf(() => fitOf([header, ...lines].join("\n")));
  expect([
    refused("0,0,1,100,0.01"),
    refused("0,0,1,100,-1"),
    refused("0,0,1.5,100,0.01"),
    refused("0,0,0,100,0.01"),
    refused("0,0,1,100,0.01,7"),
  ]).toMatchInlineSnapshot(`
    [
      "InputError: steps.csv: expected more than 6 steps, one for each term of the fit, got 1. A line is: prefill_tokens,prefill_context,decode_sequences,decode_context,seconds.",
      "InputError: steps.csv: line 2: seconds: expected a number above 0, got "-1". A line is: prefill_tokens,prefill_context,decode_sequences,decode_context,seconds.",
      "InputError: steps.csv: line 2: decode_sequences: expected a whole number, 0 or above, got "1.5". A line is: prefill_tokens,prefill_context,decode_sequences,decode_context,seconds.",
      "InputError: steps.csv: line 2: expected a step with prefill tokens or decoding sequences, got neither. A line is: prefill_tokens,prefill_context,decode_sequences,decode_context,seconds.",
      "InputError: steps.csv: expected lines of equally many fields, got this: Invalid Record Length: columns length is 5, got 6 on line 2. Write the file again.",
    ]
  `);
});
