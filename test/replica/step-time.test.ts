import { describe, expect, it } from "vitest";
import type { ComposedCurve } from "../../src/calibration/step-curve.ts";
import { emptyBatch } from "../../src/replica/step-batch.ts";
import type { StepBatch } from "../../src/replica/step-batch.ts";
import { stepTimeModel } from "../../src/replica/step-time.ts";

const curve: ComposedCurve = {
  kind: "composed",
  overhead_s: 1,
  linear: { at: [10, 20, 40], seconds: [100, 200, 300] },
  head: { at: [1, 3], seconds: [10, 30] },
  per_token_s: 0.001,
  prefill_attention: { setup_s: 1000, per_token_s: 0, per_pair_s: 2 },
  decode_attention: { setup_s: 5000, per_sequence_s: 7, per_key_s: 0.5 },
  valid: { tokens: [1, 40], prefill_context: [1, 100], decode_sequences: [1, 8], decode_context: [16, 200] },
  error: { kind: "not-checked", because: "made up for the test" },
};
const model = stepTimeModel(curve);
const batchOf = (parts: Partial<StepBatch>): StepBatch => ({ ...emptyBatch(), ...parts });
const seconds = (parts: Partial<StepBatch>): number => model.stepTime(batchOf(parts)) / 1e9;

describe("the time of a step", () => {
  it.each([
    [5, 100, "below the first point the first value holds"],
    [10, 100, "at a point its value"],
    [15, 150, "linear between points"],
    [20, 200, "at an inner point its value"],
    [30, 250, "the second segment"],
    [40, 300, "at the last point its value"],
    [60, 300 + (20 * 200) / 30, "past an end that flattens, the whole table's slope goes on"],
  ])("linear layers of %i tokens take %f s: %s", (tokens, linear) => {
    expect(seconds({ tokens, outputs: 1 })).toBeCloseTo(1 + linear + 10 + 0.001 * tokens, 9);
  });

  it("past an end that steepens, the last segment's slope goes on", () => {
    const steep = stepTimeModel({ ...curve, linear: { at: [10, 20, 40], seconds: [100, 110, 300] } });
    expect(steep.stepTime(batchOf({ tokens: 60, outputs: 1 })) / 1e9).toBeCloseTo(1 + 490 + 10 + 0.06, 9);
  });

  it("a step that produces no token does not pay for the head", () => {
    expect(seconds({ tokens: 10, outputs: 1 }) - seconds({ tokens: 10, outputs: 0 })).toBeCloseTo(10, 9);
  });

  it("a table of one point is a constant", () => {
    const constant = stepTimeModel({ ...curve, linear: { at: [16], seconds: [2] } });
    expect([1, 16, 99].map((tokens) => constant.stepTime(batchOf({ tokens, outputs: 1 })) / 1e9)).toEqual([13.001, 13.016, 13.099]);
  });

  it("attention has its set-up once a prompt when it prefills, and once a step when it decodes", () => {
    const base = seconds({ tokens: 10, outputs: 1 });
    expect(seconds({ tokens: 10, outputs: 1, prefillSequences: 2, prefillPairs: 50 }) - base).toBeCloseTo(2 * 1000 + 100, 6);
    expect(seconds({ tokens: 10, outputs: 1, decodeSequences: 2, decodeKeys: 50 }) - base).toBeCloseTo(5000 + 14 + 25, 6);
  });

  it("attention has its time by tokens for those of prompts, not for those that decode", () => {
    const perToken = stepTimeModel({ ...curve, prefill_attention: { setup_s: 0, per_token_s: 3, per_pair_s: 0 } });
    const plain = stepTimeModel({ ...curve, prefill_attention: { setup_s: 0, per_token_s: 0, per_pair_s: 0 } });
    const extra = (batch: Partial<StepBatch>) => (perToken.stepTime(batchOf(batch)) - plain.stepTime(batchOf(batch))) / 1e9;
    expect(extra({ tokens: 10, prefillSequences: 1 })).toBeCloseTo(30, 6);
    expect(extra({ tokens: 10, prefillSequences: 1, decodeSequences: 4 })).toBeCloseTo(18, 6);
    expect(extra({ tokens: 4, decodeSequences: 4 })).toBe(0);
  });

  it("is rounded once to whole nanoseconds and is never zero", () => {
    const tiny = { at: [1], seconds: [0] };
    const none = { setup_s: 0, per_token_s: 0, per_pair_s: 0, per_sequence_s: 0, per_key_s: 0 };
    const free = {
      ...curve,
      overhead_s: 0,
      linear: tiny,
      head: tiny,
      per_token_s: 0.6e-9,
      prefill_attention: none,
      decode_attention: none,
    };
    expect([0, 1, 2, 3, 4].map((tokens) => stepTimeModel(free).stepTime(batchOf({ tokens })))).toEqual([1, 1, 1, 2, 2]);
  });

  it.each<[Partial<StepBatch>, boolean, string]>([
    [{ tokens: 40 }, false, "as many tokens as measured"],
    [{ tokens: 41 }, true, "one token more"],
    [{ tokens: 1, prefillSequences: 1, prefillContext: 100 }, false, "the longest prefill context"],
    [{ tokens: 1, prefillSequences: 1, prefillContext: 101 }, true, "a longer prefill context"],
    [{ tokens: 1, decodeSequences: 8, decodeContext: 16 }, false, "most sequences, shortest context"],
    [{ tokens: 1, decodeSequences: 9, decodeContext: 16 }, true, "one sequence more"],
    [{ tokens: 1, decodeSequences: 8, decodeContext: 15 }, true, "a shorter decode context"],
    [{ tokens: 1, decodeSequences: 8, decodeContext: 201 }, true, "a longer decode context"],
  ])("%j outside the measured range: %s (%s)", (parts, isExtrapolated) => {
    expect(model.isExtrapolated(batchOf(parts))).toBe(isExtrapolated);
  });
});
