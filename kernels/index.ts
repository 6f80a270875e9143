import { decodeAttentions, prefillAttentions } from "./attention/index.ts";
import type { Dtype, KernelVariant } from "./kernel.ts";
import { decoderLayer, defaultChoices } from "./layer/decoder-layer.ts";
import { engineStep } from "./layer/engine-step.ts";
import { greedyHead } from "./layer/greedy-head.ts";
import { residualAdd } from "./layer/residual-add.ts";
import { residualNorm, rmsNorm } from "./layer/rms-norm.ts";
import { rotary } from "./layer/rotary.ts";
import { swiglu } from "./layer/swiglu.ts";
import { matmuls } from "./matmul/index.ts";
import { copy } from "./roof/copy.ts";
import { multiplyAdd } from "./roof/multiply-add.ts";

export { decoderLayer, defaultChoices, type LayerChoices } from "./layer/decoder-layer.ts";
export { engineStep } from "./layer/engine-step.ts";
export { layerLinears, type LayerSizes, type Linear } from "./layer/linears.ts";

const dtypes: readonly Dtype[] = ["f32", "f16"];

/** Every variant there is. Layer and step are here with their default choices; `decoderLayer` and `engineStep` make them with others. */
export const variants: readonly KernelVariant[] = [
  copy,
  multiplyAdd,
  ...matmuls,
  ...prefillAttentions,
  ...decodeAttentions,
  ...dtypes.flatMap((dtype) => [rmsNorm(dtype), residualNorm(dtype), rotary(dtype), swiglu(dtype), residualAdd(dtype), greedyHead(dtype)]),
  ...dtypes.flatMap((dtype) => [decoderLayer(dtype, defaultChoices(dtype)), engineStep(dtype, defaultChoices(dtype))]),
];

/** @throws RangeError where no variant has that id */
export const variantById = (id: string): KernelVariant => {
  const found = variants.find((variant) => variant.id === id);
  if (found === undefined) throw new RangeError(`no kernel variant named ${id}`);
  return found;
};

/** The variants that compute the same thing; empty for a family there is none of. */
export const variantsOf = (family: string): readonly KernelVariant[] => variants.filter((variant) => variant.family === family);
