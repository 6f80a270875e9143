import type { Dtype } from "../../kernels/kernel.ts";
import type { LayerChoices } from "../../kernels/layer/decoder-layer.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { layerSizes } from "../model/shapes.ts";
import { chosenVariants, dtypeFor, startingChoices, type ComparedShapes } from "./choose.ts";
import type { Findings } from "./jobs.ts";
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

/** Where variants are compared: linear ones at the model's largest layer. */
export const comparedShapes = ({ core, compared }: Workload): ComparedShapes => {
  const { n, k } = layerLinears(layerSizes(core.model)).reduce((a, b) => (b.n * b.k > a.n * a.k ? b : a));
  const heads = headSizes(core);
  const [chunk, prefillContext] = compared.prefill;
  const [sequences, decodeContext] = compared.decode;
  return {
    linear: [compared.middle, ...compared.others].sort((a, b) => a - b).map((m) => ({ m, n, k })),
    fewUpTo: compared.middle,
    prefill: { chunk, context: prefillContext, ...heads },
    decode: { sequences, context: decodeContext, ...heads },
  };
};

/** The element type that a device is measured in, and the variants to begin with. */
export const startingOn = ({ adapter, isGpu }: DeviceKind): { readonly dtype: Dtype; readonly choices: LayerChoices } => {
  const dtype = dtypeFor(adapter.features, isGpu);
  return { dtype, choices: startingChoices(dtype, isGpu, adapter.features) };
};

/** The variants that a device's steps are composed of, once those were compared; in a quick run, which compares none, those to begin with. */
export const settledChoices = (device: DeviceKind, found: Findings): LayerChoices => {
  const { dtype, choices } = startingOn(device);
  return device.isQuick ? choices : chosenVariants(found, choices, dtype, comparedShapes(workloadFor(device)));
};
