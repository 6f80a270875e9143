import type { Dtype } from "../../kernels/kernel.ts";
import { layerLinears, type LayerSizes, type Linear } from "../../kernels/layer/linears.ts";
import type { Bytes } from "../units.ts";
import type { LanguageModel } from "./language-model.ts";

/** A linear layer: n outputs from k inputs. */
export type LinearLayer = Pick<Linear, "n" | "k">;

export const bytesOf = (dtype: Dtype): Bytes => (dtype === "f16" ? 2 : 4);

/** One decoder layer as the kernels name its sizes. */
export const layerSizes = (model: LanguageModel): LayerSizes => ({
  hidden: model.hiddenSize,
  intermediate: model.intermediateSize,
  heads: model.heads,
  kv_heads: model.kvHeads,
  head_dim: model.headDim,
});

/** The output head: once a step, for the sequences that produce a token. */
export const headLinear = (model: LanguageModel): LinearLayer => ({ n: model.vocabSize, k: model.hiddenSize });

/** Number of parameters, exactly; a table shared by embedding and head counts once. */
export const parameters = (model: LanguageModel): number => {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim, vocabSize } = model;
  const linears = layerLinears(layerSizes(model)).reduce((sum, { n, k }) => sum + n * k, 0);
  const biases =
    (model.hasQkvBias ? (heads + 2 * kvHeads) * headDim : 0) +
    (model.hasOutputBias ? hiddenSize : 0) +
    (model.hasMlpBias ? 2 * intermediateSize + hiddenSize : 0);
  const norms = 2 * hiddenSize + (model.hasQueryKeyNorm ? 2 * headDim : 0);
  const tables = (model.isEmbeddingTied ? 1 : 2) * vocabSize * hiddenSize;
  return model.layers * (linears + biases + norms) + tables + hiddenSize;
};

/** Bytes of all weights, every parameter held in `dtype`. */
export const weightBytes = (model: LanguageModel, dtype: Dtype): Bytes => parameters(model) * bytesOf(dtype);

/** Bytes that one token adds to the KV cache: a key and a value, in every layer and cached head. */
export const kvBytesPerToken = (model: LanguageModel, dtype: Dtype): Bytes =>
  2 * model.layers * model.kvHeads * model.headDim * bytesOf(dtype);
