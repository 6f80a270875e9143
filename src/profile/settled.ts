import type { Dtype } from "../../kernels/kernel.ts";
import type { LayerChoices } from "../../kernels/layer/choices.ts";
import { layerLinears, type Linear } from "../../kernels/layer/linears.ts";
import { layerSizes } from "../model/shapes.ts";
import { chosenVariants, dtypeFor, startingChoices } from "./choose.ts";
import type { Findings } from "./jobs.ts";
import type { TunedShapes } from "./tuning-jobs.ts";
import type { Adapter } from "./schema.ts";
import { gpuWorkload, softwareWorkload, type ModelGrid, type Workload } from "./workload.ts";

/** What the measurements of a device are planned from. */
export interface DeviceKind {
  readonly adapter: Pick<Adapter, "features">;
  readonly isGpu: boolean;
  /** Only the core of the workload, with the variants to begin with: enough for every curve, coarsely. */
  readonly isQuick: boolean;
}

export const workloadFor = ({ isGpu }: Pick<DeviceKind, "isGpu">): Workload => (isGpu ? gpuWorkload() : softwareWorkload());

export const headSizes = ({ model }: Pick<ModelGrid, "model">) => ({
  heads: model.heads,
  kv_heads: model.kvHeads,
  head_dim: model.headDim,
});

/** The linear layer with the most weights. */
export const largestLinear = ({ model }: Pick<ModelGrid, "model">): Linear =>
  layerLinears(layerSizes(model)).reduce((a, b) => (b.n * b.k > a.n * a.k ? b : a));

/** Where variants race. */
export const tunedShapes = ({ core, tuned }: Workload): TunedShapes => {
  const heads = headSizes(core);
  const linears = layerLinears(layerSizes(core.model));
  const layers = tuned.layers === "each" ? linears : [largestLinear(core)];
  return {
    matmul: layers.flatMap(({ n, k }) => tuned.tokens.map((m) => ({ m, n, k }))),
    attention_prefill: tuned.prefill.map(([chunk, context]) => ({ chunk, context, ...heads })),
    attention_decode: tuned.decode.map(([sequences, context]) => ({ sequences, context, ...heads })),
  };
};

/** The element type that a device is measured in, and the variants to begin with. */
export const startingOn = ({ adapter, isGpu }: DeviceKind): { readonly dtype: Dtype; readonly choices: LayerChoices } => {
  const dtype = dtypeFor(adapter.features, isGpu);
  return { dtype, choices: startingChoices(dtype, isGpu, adapter.features) };
};

/** The variants that a device's steps are composed of, once they were tuned; in a quick run, which tunes nothing, those to begin with. */
export const settledChoices = (device: DeviceKind, found: Findings): LayerChoices => {
  const { dtype, choices } = startingOn(device);
  return device.isQuick ? choices : chosenVariants(found, choices, dtype);
};
