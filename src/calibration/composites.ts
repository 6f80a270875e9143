import { prefillPairs } from "../../kernels/attention/problem.ts";
import type { Dtype, Shape } from "../../kernels/kernel.ts";
import { FAMILY as LAYER_FAMILY } from "../../kernels/layer/batch.ts";
import { STEP_FAMILY } from "../../kernels/layer/engine-step.ts";
import type { LayerSizes } from "../../kernels/layer/linears.ts";
import type { LinearLayer } from "../model/shapes.ts";
import type { Profile } from "../profile/schema.ts";
import type { Seconds } from "../units.ts";
import type { HeldOutError } from "./device-model.ts";
import { heldOutError, type CheckedPoint } from "./held-out.ts";
import { layerCurve, type LayerCurve } from "./layer.ts";
import { linearTimes, type LinearTimes } from "./linear.ts";
import { measuredKernels, sizeOf } from "./measured.ts";
import { stepSeconds, type StepWork } from "./step-seconds.ts";
import { stepTerms } from "./step-terms.ts";
import { tableOf } from "./table.ts";

/** A composite step to predict: an id to name it by, and the shape of an engine step or of a single layer. */
export interface CompositeStep {
  readonly id: string;
  readonly shape: Shape;
}

/**
 * Whole steps that no fit has seen, predicted by the step formula for as many layers and compared with their measured time.
 *
 * Steps of every measured model count, since the formula is the same for all; each is predicted for its own shape.
 */
export const compositeError = (profile: Profile, dtype: Dtype): HeldOutError => {
  const predict = stepPredictor(profile, dtype);
  // Before there were whole steps, single layers were measured.
  const steps = [STEP_FAMILY, LAYER_FAMILY].flatMap((family) => measuredKernels(profile, family, dtype));
  const points = steps.map((step): CheckedPoint => ({ id: step.id, predicted_s: predict(step), measured_s: step.seconds }));
  return heldOutError(points, `no whole step was measured in ${dtype}`);
};

/**
 * Seconds of composite steps by a profile's fit, from the GPU's start on the first kernel to the end of the last: no submit.
 *
 * @throws InputError naming a measurement that the profile lacks, or a size that the step does
 */
export const stepPredictor = (profile: Profile, dtype: Dtype): ((step: CompositeStep) => Seconds) => {
  const linears = linearTimes(profile, dtype);
  const curves = new Map<string, LayerCurve>();
  return (step) => {
    const sizes = layerSizesOf(step);
    const key = JSON.stringify(sizes);
    const curve = curves.get(key) ?? layerCurve(profile, linears, sizes, dtype);
    curves.set(key, curve);
    const { layers = 1, vocab = 0 } = step.shape;
    const work = workOf(step, vocab > 0);
    const head = vocab === 0 ? null : { projection: headAt(linears, { n: vocab, k: sizes.hidden }, work.outputs), vocab };
    return stepSeconds(stepTerms(curve, layers, head), work);
  };
};

/** The head at the one size that this step needs. */
const headAt = (linears: LinearTimes, head: LinearLayer, outputs: number) => tableOf([[outputs, linears.seconds(head, outputs)]]);

const layerSizesOf = (step: CompositeStep): LayerSizes => ({
  hidden: sizeOf(step, "hidden"),
  intermediate: sizeOf(step, "intermediate"),
  heads: sizeOf(step, "heads"),
  kv_heads: sizeOf(step, "kv_heads"),
  head_dim: sizeOf(step, "head_dim"),
});

const workOf = (step: CompositeStep, hasHead: boolean): StepWork => {
  const prefillTokens = sizeOf(step, "prefill_tokens");
  const decodeSequences = sizeOf(step, "decode_sequences");
  const prefillSequences = Math.min(1, prefillTokens);
  return {
    tokens: prefillTokens + decodeSequences,
    outputs: hasHead ? decodeSequences + prefillSequences : 0,
    prefillSequences,
    prefillPairs: prefillPairs(prefillTokens, sizeOf(step, "prefill_context")),
    decodeSequences,
    decodeKeys: decodeSequences * sizeOf(step, "decode_context"),
    decodeContext: decodeSequences === 0 ? 0 : sizeOf(step, "decode_context"),
  };
};
