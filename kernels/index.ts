import { decodeAttentions, prefillAttentions } from "./attention/index.ts";
import type { Dtype, KernelVariant } from "./kernel.ts";
import { chosenIds, defaultChoices, type LayerChoices } from "./layer/choices.ts";
import { decoderLayer } from "./layer/decoder-layer.ts";
import { engineStep } from "./layer/engine-step.ts";
import { greedyHead } from "./layer/greedy-head.ts";
import { residualAdd } from "./layer/residual-add.ts";
import { residualNorm, rmsNorm } from "./layer/rms-norm.ts";
import { rotary } from "./layer/rotary.ts";
import { swiglu } from "./layer/swiglu.ts";
import { halfWeightMatmuls, matmuls, matrixMatmulsOn, q4Matmuls } from "./matmul/index.ts";
import type { SquareUnits } from "./matmul/matrix-units.ts";
import { copies } from "./roof/copy.ts";
import { matrixMultiplyAdds, matrixMultiplyAddsOn } from "./roof/matrix-multiply-add.ts";
import { multiplyAdds } from "./roof/multiply-add.ts";
import { reads } from "./roof/read.ts";

export { decoderLayer } from "./layer/decoder-layer.ts";
export { type Choice, chosenFor, chosenIds, defaultChoices, type LayerChoices } from "./layer/choices.ts";
export { engineStep } from "./layer/engine-step.ts";
export { layerLinears, type LayerSizes, type Linear } from "./layer/linears.ts";

const dtypes: readonly Dtype[] = ["f32", "f16"];

/** Every variant there is. Layer and step are here with their default choices; `decoderLayer` and `engineStep` make them with others. */
export const variants: readonly KernelVariant[] = [
  ...copies,
  ...reads,
  ...multiplyAdds,
  ...matrixMultiplyAdds,
  ...matmuls,
  ...halfWeightMatmuls,
  ...q4Matmuls,
  ...prefillAttentions,
  ...decodeAttentions,
  ...dtypes.flatMap((dtype) => [rmsNorm(dtype), residualNorm(dtype), rotary(dtype), swiglu(dtype), residualAdd(dtype), greedyHead(dtype)]),
  ...dtypes.flatMap((dtype) => [decoderLayer(dtype, defaultChoices(dtype)), engineStep(dtype, defaultChoices(dtype))]),
];

/** Every variant that needs matrix units, written for units of another size than a GPU's: for a rehearsal on a driver that has only those. */
export const variantsOnUnits = (units: SquareUnits): readonly KernelVariant[] => [
  ...matrixMultiplyAddsOn(units),
  ...matrixMatmulsOn(units),
];

/** @throws RangeError where no variant has that id */
export const variantById = (id: string): KernelVariant => {
  const found = variants.find((variant) => variant.id === id);
  if (found === undefined) throw new RangeError(`no kernel variant named ${id}`);
  return found;
};

/** The element type of what is chosen. */
export const dtypeOf = (choices: LayerChoices): Dtype => variantById(chosenIds(choices)[0]!).dtype;

/** The variants that compute the same thing; empty for a family there is none of. */
export const variantsOf = (family: string): readonly KernelVariant[] => variants.filter((variant) => variant.family === family);
