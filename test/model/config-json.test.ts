import { describe, expect, it } from "vitest";
import { builtInModel } from "../../src/model/built-in.ts";
import { modelFromConfigJson } from "../../src/model/config-json.ts";
import { refuseMoreThanOneGpu } from "../../src/model/refusals.ts";
import { parameters } from "../../src/model/shapes.ts";
import { messageOf } from "../message-of.ts";

const llama8b = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  rope_scaling: { factor: 8 },
};
const qwen7b = {
  model_type: "qwen2",
  hidden_size: 3584,
  intermediate_size: 18_944,
  num_hidden_layers: 28,
  num_attention_heads: 28,
  num_key_value_heads: 4,
  vocab_size: 152_064,
  max_position_embeddings: 131_072,
  sliding_window: 131_072,
  use_sliding_window: false,
  dtype: "bfloat16",
};
const qwen3 = {
  model_type: "qwen3",
  hidden_size: 4096,
  intermediate_size: 12_288,
  num_hidden_layers: 36,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151_936,
  max_position_embeddings: 40_960,
};
const mistral = {
  model_type: "mistral",
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 32_768,
  max_position_embeddings: 32_768,
  sliding_window: null,
};

const read = (config: object, name?: string) => modelFromConfigJson(JSON.stringify(config), "config.json", name);
const { num_key_value_heads: _kv, ...withoutKvHeads } = llama8b;

describe("a model's config.json", () => {
  it.each([
    ["Llama-3.1-8B", llama8b],
    ["Qwen2.5-7B", qwen7b],
  ])("of %s gives the built-in model", (name, config) => {
    expect(read(config, name)).toEqual(builtInModel(name));
  });

  it.each([
    ["Qwen3-8B, whose queries and keys are normalized", qwen3, 8_190_735_360],
    ["Mistral-7B-v0.3, whose window is null", mistral, 7_248_023_552],
    ["a Llama with biases", { ...llama8b, attention_bias: true, mlp_bias: true }, 8_030_261_248 + 32 * (6144 + 4096 + 28_672 + 4096)],
  ])("of %s gives its parameters", (_, config, published) => {
    expect(parameters(read(config))).toBe(published);
  });

  it("without KV heads has one for each head, and without a head size hidden size over heads", () => {
    expect(read(withoutKvHeads)).toMatchObject({ kvHeads: 32, headDim: 128 });
  });

  it("is refused by name where dense one-GPU kernels do not describe it, or it is broken", () => {
    const cases: Readonly<Record<string, object>> = {
      "with 8 experts": { ...llama8b, num_local_experts: 8 },
      "with latent attention": { ...llama8b, kv_lora_rank: 512, n_routed_experts: 256 },
      "in FP8": { ...llama8b, quantization_config: { quant_method: "fp8" } },
      "in AWQ": { ...llama8b, quantization_config: { quant_method: "awq", bits: 4 } },
      "with a sliding window": { ...mistral, sliding_window: 4096 },
      "with a window that is switched on": { ...qwen7b, use_sliding_window: true, sliding_window: 4096 },
      "with some sliding layers": { ...qwen3, layer_types: ["full_attention", "sliding_attention"] },
      "with some linear attention": { ...qwen3, layer_types: ["full_attention", "linear_attention"] },
      "of an unknown family": { ...llama8b, model_type: "gemma2" },
      "without a family": { hidden_size: 4096 },
      "without layers": { ...llama8b, num_hidden_layers: undefined },
      "with a size below 1": { ...llama8b, vocab_size: 0 },
      "with KV heads that do not divide the heads": { ...llama8b, num_key_value_heads: 5 },
      "with a head size that comes out broken": { ...llama8b, hidden_size: 4097 },
      "that is a list": [],
    };
    expect(
      Object.entries(cases)
        .map(([name, config]) => `${name}\n  ${messageOf(() => read(config))}`)
        .join("\n"),
    ).toMatchInlineSnapshot(`
      "with 8 experts
        InputError: config.json: dense one-GPU kernels do not describe mixture of experts (num_local_experts = 8). Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.
      with latent attention
        InputError: config.json: dense one-GPU kernels do not describe latent attention (MLA) (kv_lora_rank = 512). Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.
      in FP8
        InputError: config.json: dense one-GPU kernels do not describe quantized weights (quantization_config.quant_method = "fp8"). Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.
      in AWQ
        InputError: config.json: dense one-GPU kernels do not describe quantized weights (quantization_config.quant_method = "awq"). Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.
      with a sliding window
        InputError: config.json: dense one-GPU kernels do not describe sliding-window attention (sliding_window = 4096). Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.
      with a window that is switched on
        InputError: config.json: dense one-GPU kernels do not describe sliding-window attention (sliding_window = 4096). Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.
      with some sliding layers
        InputError: config.json: dense one-GPU kernels do not describe sliding-window attention (layer_types has "sliding_attention"). Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.
      with some linear attention
        InputError: config.json: dense one-GPU kernels do not describe a mix of attention kinds (layer_types has "linear_attention"). Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.
      of an unknown family
        InputError: config.json: model_type: expected one of llama, mistral, qwen2, qwen3, got "gemma2". For another family of models, import a step table of the engine that serves it.
      without a family
        InputError: config.json: model_type: expected one of llama, mistral, qwen2, qwen3, got none. For another family of models, import a step table of the engine that serves it.
      without layers
        InputError: config.json: num_hidden_layers: expected number, got none. Give a model's config.json as Hugging Face publishes it.
      with a size below 1
        InputError: config.json: vocab_size: expected number to be >=1, got 0. Give a model's config.json as Hugging Face publishes it.
      with KV heads that do not divide the heads
        InputError: config.json: num_key_value_heads: expected a divisor of 32 attention heads, got 5. Compare the file with the one that the model was published with.
      with a head size that comes out broken
        InputError: config.json: head_dim: expected head_dim where hidden_size (4097) is no multiple of num_attention_heads (32). Compare the file with the one that the model was published with.
      that is a list
        InputError: config.json: expected a JSON object, got a list of 0. Give a model's config.json as Hugging Face publishes it."
    `);
  });

  it.each([
    ["a window switched off", { ...qwen7b, sliding_window: 4096 }],
    ["a window as long as the context", { ...mistral, sliding_window: 32_768 }],
    ["only full attention in its layers", { ...qwen3, layer_types: ["full_attention", "full_attention"] }],
    ["one expert", { ...llama8b, num_experts: 1 }],
    ["no experts", { ...llama8b, num_experts: 0 }],
    ["no quantization", { ...llama8b, quantization_config: null }],
  ])("with %s is dense", (_, config) => {
    expect(parameters(read(config))).toBeGreaterThan(0);
  });

  it("cut off in the middle is refused as such", () => {
    expect(() => modelFromConfigJson('{"hidden_size": 40', "config.json")).toThrowErrorMatchingInlineSnapshot(
      `[InputError: config.json: expected a JSON object, got the beginning of one (18 characters). Give a model's config.json as Hugging Face publishes it.]`,
    );
  });

  it("is for one GPU a replica", () => {
    expect(() => refuseMoreThanOneGpu(1, "scenario.yaml")).not.toThrow();
    expect(() => refuseMoreThanOneGpu(2, "scenario.yaml")).toThrowErrorMatchingInlineSnapshot(
      `[InputError: scenario.yaml: expected 1 GPU a replica, got 2: one-GPU kernels do not describe tensor or pipeline parallelism. Several GPUs a replica would need a step table measured on the engine, which cannot be imported yet: choose a model that fits one GPU.]`,
    );
  });
});
