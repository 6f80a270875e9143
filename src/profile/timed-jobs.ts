import { dtypeOf } from "../../kernels/index.ts";
import type { Shape } from "../../kernels/kernel.ts";
import type { LayerChoices } from "../../kernels/layer/choices.ts";
import { STEP_FAMILY } from "../../kernels/layer/engine-step.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { layerSizes } from "../model/shapes.ts";
import type { TimedJob } from "./jobs.ts";
import type { Cache } from "./measurements/timing.ts";
import type { Composite } from "./workload.ts";

const named = (sizes: Shape): string[] => Object.entries(sizes).map(([name, size]) => `${name}=${size}`);

/** `matmul/registers-f32 m=16 n=512 k=256 cold`: the same for the same measurement in every profile. */
export const kernelJob = (variant: string, shape: Shape, cache: Cache): TimedJob => ({
  kind: "kernel",
  id: [variant, ...named(shape), cache].join(" "),
  variant,
  shape,
  cache,
});

/** A whole step, cold: in a model that is larger than the caches, a layer's weights and keys were last read a step ago. */
export const stepJob = (model: LanguageModel, { batch, layers, hasHead }: Composite, choices: LayerChoices): TimedJob => {
  const dtype = dtypeOf(choices);
  const sizes = { layers, vocab: hasHead ? model.vocabSize : 0, ...batch };
  return {
    kind: "layer",
    id: [`${STEP_FAMILY}/${dtype}`, model.name, ...named(sizes), "cold"].join(" "),
    layer: { shape: { ...layerSizes(model), ...sizes }, choices },
    cache: "cold",
  };
};
