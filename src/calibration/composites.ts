import { prefillPairs } from "../../kernels/attention/problem.ts";
import type { Dtype } from "../../kernels/kernel.ts";
import type { LayerSizes } from "../../kernels/layer/linears.ts";
import type { Profile } from "../profile/schema.ts";
import type { HeldOutError } from "./device-model.ts";
import { heldOutError, type CheckedPoint } from "./held-out.ts";
import { layerCurve, type LayerCurve } from "./layer.ts";
import type { LinearTimes } from "./linear.ts";
import { measuredKernels, sizeOf, type MeasuredKernel } from "./measured.ts";
import { stepSeconds, type StepWork } from "./step-seconds.ts";

/**
 * Whole decoder layers that no fit has seen, predicted by the step formula for one layer and compared with their measured time.
 *
 * Layers of every measured shape count, since the formula is the same for all; each is predicted for its own shape.
 */
export const compositeError = (profile: Profile, linears: LinearTimes, dtype: Dtype): HeldOutError => {
  const curves = new Map<string, LayerCurve>();
  const points = measuredKernels(profile, "decoder-layer", dtype).map((kernel): CheckedPoint => {
    const sizes = layerSizesOf(kernel);
    const key = JSON.stringify(sizes);
    const curve = curves.get(key) ?? layerCurve(profile, linears, sizes, dtype);
    curves.set(key, curve);
    return { id: kernel.id, predicted_s: stepSeconds(curve.terms, workOf(kernel)), measured_s: kernel.seconds };
  });
  return heldOutError(points, `no whole decoder layer was measured in ${dtype}`);
};

const layerSizesOf = (kernel: MeasuredKernel): LayerSizes => ({
  hidden: sizeOf(kernel, "hidden"),
  intermediate: sizeOf(kernel, "intermediate"),
  heads: sizeOf(kernel, "heads"),
  kv_heads: sizeOf(kernel, "kv_heads"),
  head_dim: sizeOf(kernel, "head_dim"),
});

const workOf = (kernel: MeasuredKernel): StepWork => {
  const prefillTokens = sizeOf(kernel, "prefill_tokens");
  const decodeSequences = sizeOf(kernel, "decode_sequences");
  return {
    tokens: prefillTokens + decodeSequences,
    outputs: 0,
    prefillSequences: prefillTokens > 0 ? 1 : 0,
    prefillPairs: prefillPairs(prefillTokens, sizeOf(kernel, "prefill_context")),
    decodeSequences,
    decodeKeys: decodeSequences * sizeOf(kernel, "decode_context"),
  };
};
