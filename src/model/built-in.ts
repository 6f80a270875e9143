import { InputError } from "../errors.ts";
import type { LanguageModel } from "./language-model.ts";

const plain = { hasQkvBias: false, hasOutputBias: false, hasMlpBias: false, hasQueryKeyNorm: false };

const llama3 = { ...plain, vocabSize: 128_256, contextLength: 131_072, publishedDtype: "bfloat16" };

/**
 * The models Ballast knows by name, smallest first. All but `tiny-llama` are as published in their Hugging Face `config.json`;
 * `tiny-llama` is ours: the same layers, small enough for a software adapter.
 */
export const builtInModels: readonly LanguageModel[] = [
  {
    ...plain,
    name: "tiny-llama",
    hiddenSize: 256,
    intermediateSize: 704,
    layers: 4,
    heads: 8,
    kvHeads: 4,
    headDim: 32,
    vocabSize: 2048,
    contextLength: 4096,
    isEmbeddingTied: true,
    publishedDtype: "float32",
  },
  {
    ...llama3,
    name: "Llama-3.2-1B",
    hiddenSize: 2048,
    intermediateSize: 8192,
    layers: 16,
    heads: 32,
    kvHeads: 8,
    headDim: 64,
    isEmbeddingTied: true,
  },
  {
    ...plain,
    name: "Qwen2.5-7B",
    hiddenSize: 3584,
    intermediateSize: 18_944,
    layers: 28,
    heads: 28,
    kvHeads: 4,
    headDim: 128,
    vocabSize: 152_064,
    contextLength: 131_072,
    isEmbeddingTied: false,
    hasQkvBias: true,
    publishedDtype: "bfloat16",
  },
  {
    ...llama3,
    name: "Llama-3.1-8B",
    hiddenSize: 4096,
    intermediateSize: 14_336,
    layers: 32,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    isEmbeddingTied: false,
  },
  {
    ...llama3,
    name: "Llama-3.1-70B",
    hiddenSize: 8192,
    intermediateSize: 28_672,
    layers: 80,
    heads: 64,
    kvHeads: 8,
    headDim: 128,
    isEmbeddingTied: false,
  },
];

/**
 * The built-in model of this name, upper and lower case alike.
 *
 * @throws InputError where there is none, with the names there are
 */
export const builtInModel = (name: string): LanguageModel => {
  const found = builtInModels.find((model) => model.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = builtInModels.map((model) => model.name).join(", ");
  throw new InputError(
    "model",
    `expected a built-in model (${names}) or a path to a config.json, got "${name}"`,
    "For another model, give the path of its Hugging Face config.json.",
  );
};
