import { compileStep } from "../calibration/compile-step.ts";
import type { StepCurve } from "../calibration/step-curve.ts";
import { toNanoseconds } from "../units.ts";
import type { StepBatch, StepTimeModel } from "./step-batch.ts";

/** The time of an engine step from a calibrated step curve, in whole nanoseconds, rounded once. */
export const stepTimeModel = (curve: StepCurve): StepTimeModel => {
  const { valid } = curve;
  const seconds = compileStep(curve);
  return {
    stepTime: (batch) => Math.max(1, toNanoseconds(seconds(batch))),
    isExtrapolated: (batch: StepBatch) =>
      isOutside(valid.tokens, batch.tokens) ||
      (batch.prefillSequences > 0 && isOutside(valid.prefill_context, batch.prefillContext)) ||
      (batch.decodeSequences > 0 &&
        (isOutside(valid.decode_sequences, batch.decodeSequences) || isOutside(valid.decode_context, batch.decodeContext))),
  };
};

const isOutside = (range: readonly [number, number], value: number): boolean => value < range[0] || value > range[1];
