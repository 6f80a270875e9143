import type { Seconds } from "../units.ts";
import { compileStep } from "./compile-step.ts";
import { composedSeconds, type StepTerms, type StepWork } from "./composed-step.ts";
import type { StepCurve } from "./step-curve.ts";

import { tableSeconds } from "./table.ts";

export type { StepTerms, StepWork } from "./composed-step.ts";

/** Seconds of one step of a composed curve, not yet rounded, by the formula given with `composedCurveSchema`. */
export const stepSeconds = (terms: StepTerms, work: StepWork): Seconds =>
  composedSeconds(terms, tableSeconds(terms.linear, work.tokens), work.outputs > 0 ? tableSeconds(terms.head, work.outputs) : 0, work);

const compiled = new WeakMap<StepCurve, (work: StepWork) => Seconds>();

/** Seconds of one step of any curve, not yet rounded. What is made of a curve for that is made once. */
export const curveSeconds = (curve: StepCurve, work: StepWork): Seconds => {
  let seconds = compiled.get(curve);
  if (seconds === undefined) {
    seconds = compileStep(curve);
    compiled.set(curve, seconds);
  }
  return seconds(work);
};

/** A decode step: `sequences` requests that each attend to `context` keys, their own token included. */
export const decodeWork = (sequences: number, context: number): StepWork => ({
  tokens: sequences,
  outputs: sequences,
  prefillSequences: 0,
  prefillPairs: 0,
  decodeSequences: sequences,
  decodeKeys: sequences * context,
  decodeContext: context,
});

/** A prefill step: one prompt of `tokens` from the beginning, whose last token gives an output. */
export const prefillWork = (tokens: number): StepWork => ({
  tokens,
  outputs: 1,
  prefillSequences: 1,
  prefillPairs: (tokens * (tokens + 1)) / 2,
  decodeSequences: 0,
  decodeKeys: 0,
  decodeContext: 0,
});
