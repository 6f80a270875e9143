import type { Dtype } from "../../kernels/kernel.ts";
import { layerLinears, type LayerSizes } from "../../kernels/layer/linears.ts";
import type { Profile } from "../profile/schema.ts";
import { decodeAttention, prefillAttention, type DecodeAttention, type PrefillAttention } from "./attention.ts";
import type { LinearTimes } from "./linear.ts";
import { smallKernels, type SmallKernels } from "./small-kernels.ts";
import type { StepTerms } from "./step-seconds.ts";
import { tableOf } from "./table.ts";

/** One decoder layer by the step formula, and what it was composed of. */
export interface LayerCurve {
  /** No head, no submit: what a layer adds to a step. */
  readonly terms: StepTerms;
  readonly prefill: PrefillAttention;
  readonly decode: DecodeAttention;
  readonly small: SmallKernels;
}

/**
 * One decoder layer composed from measured kernels.
 *
 * @throws InputError naming a measurement that the profile lacks
 */
export const layerCurve = (profile: Profile, linears: LinearTimes, sizes: LayerSizes, dtype: Dtype): LayerCurve => {
  const prefill = prefillAttention(profile, sizes, dtype);
  const decode = decodeAttention(profile, sizes, dtype);
  const small = smallKernels(profile, sizes, dtype);
  const layers = layerLinears(sizes);
  return {
    terms: {
      overhead_s: small.setup_s,
      linear: tableOf(linears.tokens.map((tokens) => [tokens, layers.reduce((sum, layer) => sum + linears.seconds(layer, tokens), 0)])),
      head: { at: [1], seconds: [0] },
      per_token_s: small.per_token_s,
      prefill_attention: {
        setup_s: prefill.setup_s,
        per_token_s: prefill.per_token_s,
        per_pair_s: prefill.per_pair_s,
      },
      decode_attention: {
        setup_s: decode.setup_s,
        per_sequence_s: decode.per_sequence_s,
        per_key_s: decode.per_key_s,
      },
    },
    prefill,
    decode,
    small,
  };
};
