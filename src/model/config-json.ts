import { z } from "zod";
import { InputError } from "../errors.ts";
import { parseJsonObject, schemaError } from "../json.ts";
import type { LanguageModel } from "./language-model.ts";
import { refuseWhatDenseKernelsDoNotDescribe } from "./refusals.ts";

const NEXT_STEP = "Give a model's config.json as Hugging Face publishes it.";

const size = z.int().min(1);

/** The fields of a Hugging Face `config.json` that speed and memory depend on. Other fields are left alone. */
const configSchema = z.looseObject({
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.optional(),
  head_dim: size.nullish(),
  vocab_size: size,
  max_position_embeddings: size,
  tie_word_embeddings: z.boolean().optional(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
});
type Config = z.infer<typeof configSchema>;

/** What a model family fixes and its configuration does not say; the defaults are those of Hugging Face transformers. */
interface Family {
  readonly isEmbeddingTied: boolean;
  readonly hasQueryKeyNorm: boolean;
  biases(config: Config): Pick<LanguageModel, "hasQkvBias" | "hasOutputBias" | "hasMlpBias">;
}

const noBias = { hasQkvBias: false, hasOutputBias: false, hasMlpBias: false };

const attentionBias = (config: Config) => ({
  hasQkvBias: config.attention_bias ?? false,
  hasOutputBias: config.attention_bias ?? false,
  hasMlpBias: config.mlp_bias ?? false,
});

const families: Readonly<Record<string, Family>> = {
  llama: { isEmbeddingTied: false, hasQueryKeyNorm: false, biases: attentionBias },
  mistral: { isEmbeddingTied: false, hasQueryKeyNorm: false, biases: () => noBias },
  qwen2: { isEmbeddingTied: false, hasQueryKeyNorm: false, biases: () => ({ ...noBias, hasQkvBias: true }) },
  qwen3: { isEmbeddingTied: false, hasQueryKeyNorm: true, biases: attentionBias },
};

/**
 * Reads a language model from the text of its Hugging Face `config.json`.
 *
 * @param place the file's name, for messages
 * @param name what the model is called in results; the file's own `_name_or_path` by default, then `place`
 * @throws InputError where the text is no such configuration, or describes a model that dense one-GPU kernels do not
 */
export const modelFromConfigJson = (text: string, place: string, name?: string): LanguageModel => {
  const raw = parseJsonObject(text, place, NEXT_STEP);
  refuseWhatDenseKernelsDoNotDescribe(raw, place);
  const family = familyOf(raw["model_type"], place);
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) throw schemaError(parsed.error, raw, place, NEXT_STEP);
  const config = parsed.data;
  const heads = config.num_attention_heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0) {
    throw new InputError(
      `${place}: num_key_value_heads`,
      `expected a divisor of ${heads} attention heads, got ${kvHeads}`,
      "Compare the file with the one that the model was published with.",
    );
  }
  return {
    name: name ?? (typeof raw["_name_or_path"] === "string" && raw["_name_or_path"] !== "" ? raw["_name_or_path"] : place),
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    kvHeads,
    headDim: config.head_dim ?? headDimOf(config, place),
    vocabSize: config.vocab_size,
    contextLength: config.max_position_embeddings,
    isEmbeddingTied: config.tie_word_embeddings ?? family.isEmbeddingTied,
    hasQueryKeyNorm: family.hasQueryKeyNorm,
    ...family.biases(config),
    publishedDtype: config.torch_dtype ?? config.dtype ?? "",
  };
};

const familyOf = (modelType: unknown, place: string): Family => {
  const family = typeof modelType === "string" ? families[modelType] : undefined;
  if (family !== undefined) return family;
  throw new InputError(
    `${place}: model_type`,
    `expected one of ${Object.keys(families).join(", ")}, got ${modelType === undefined ? "none" : JSON.stringify(modelType)}`,
    "For another family of models, import a step table of the engine that serves it.",
  );
};

const headDimOf = (config: Config, place: string): number => {
  const headDim = config.hidden_size / config.num_attention_heads;
  if (Number.isInteger(headDim)) return headDim;
  throw new InputError(
    `${place}: head_dim`,
    `expected head_dim where hidden_size (${config.hidden_size}) is no multiple of num_attention_heads (${config.num_attention_heads})`,
    "Compare the file with the one that the model was published with.",
  );
};
