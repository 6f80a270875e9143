import type { Dtype } from "../kernel.ts";
import { directDecodeAttention, splitDecodeAttention } from "./decode.ts";
import { prefillAttention } from "./prefill.ts";
import type { AttentionVariant, DecodeSizes, PrefillSizes } from "./problem.ts";

const dtypes: readonly Dtype[] = ["f32", "f16"];

export const prefillAttentions: readonly AttentionVariant<PrefillSizes>[] = dtypes.map(prefillAttention);

export const decodeAttentions: readonly AttentionVariant<DecodeSizes>[] = dtypes.flatMap((dtype) => [
  directDecodeAttention(dtype),
  splitDecodeAttention(dtype, 256),
]);
