import type { Dtype } from "../kernel.ts";
import { decodeAttentionsOf } from "./decode.ts";
import { prefillAttentionsOf } from "./prefill.ts";
import type { AttentionVariant } from "./problem.ts";

const dtypes: readonly Dtype[] = ["f32", "f16"];

export const prefillAttentions: readonly AttentionVariant[] = dtypes.flatMap(prefillAttentionsOf);

export const decodeAttentions: readonly AttentionVariant[] = dtypes.flatMap(decodeAttentionsOf);
