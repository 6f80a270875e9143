import type { DeviceModel, StepCurve } from "../calibration/device-model.ts";
import { loadSeconds } from "../calibration/load.ts";
import { curveSeconds, decodeWork, prefillWork, type StepWork } from "../calibration/step-seconds.ts";
import { QUOTED_CONTEXT } from "../compare/device-figures.ts";
import type { Seconds, Tokens } from "../units.ts";

/** What the step curve says at round sizes within its range, so that a reader sees tokens per second and not coefficients. */
export interface StepFigure {
  /** Sequences that decode, or tokens of the one prompt that is prefilled. */
  readonly size: number;
  readonly seconds: Seconds;
  readonly tokensPerSecond: number;
}

/** The context at which decode figures are quoted, brought into the measured range. */
export const quotedContext = ({ valid }: StepCurve): Tokens =>
  Math.min(Math.max(QUOTED_CONTEXT, valid.decode_context[0]), valid.decode_context[1]);

const powersOfTwo = (least: number, most: number): number[] => {
  const sizes: number[] = [];
  for (let size = 1; size <= most; size *= 2) if (size >= least) sizes.push(size);
  return sizes;
};

const figures = (step: StepCurve, least: number, most: number, work: (size: number) => StepWork): StepFigure[] =>
  powersOfTwo(least, most).map((size) => {
    const seconds = curveSeconds(step, work(size));
    return { size, seconds, tokensPerSecond: size / seconds };
  });

/** Every sequence of the batch produces one token at the quoted context. */
export const decodeFigures = ({ step }: DeviceModel): StepFigure[] => {
  const { decode_sequences, tokens } = step.valid;
  return figures(step, Math.max(decode_sequences[0], tokens[0]), Math.min(decode_sequences[1], tokens[1]), (size) =>
    decodeWork(size, quotedContext(step)),
  );
};

/** One prompt, prefilled in one step from an empty cache. */
export const prefillFigures = ({ step }: DeviceModel): StepFigure[] => {
  const { tokens, prefill_context } = step.valid;
  return figures(step, Math.max(tokens[0], prefill_context[0]), Math.min(tokens[1], prefill_context[1]), prefillWork);
};

/** Time to bring the model's weights to the GPU, and by how much that goes past the largest upload measured (1 where it does not). */
export const weightLoad = ({ load, weight_bytes }: DeviceModel): { seconds: Seconds; timesBeyondMeasured: number } => ({
  seconds: loadSeconds(load, weight_bytes),
  timesBeyondMeasured: Math.max(1, weight_bytes / load.valid_bytes[1]),
});
