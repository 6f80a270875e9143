import { describe, expect, it } from "vitest";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { builtInModel, builtInModels } from "../../src/model/built-in.ts";
import { kvBytesPerToken, layerSizes, parameters, weightBytes } from "../../src/model/shapes.ts";

describe("shapes of language models", () => {
  it.each([
    ["Llama-3.2-1B", 1_235_814_400],
    ["Llama-3.1-8B", 8_030_261_248],
    ["Qwen2.5-7B", 7_615_616_512],
    ["Llama-3.1-70B", 70_553_706_496],
  ])("%s has the %i parameters it was published with", (name, published) => {
    expect(parameters(builtInModel(name))).toBe(published);
  });

  it.each([
    ["Llama-3.2-1B", 32_768],
    ["Llama-3.1-8B", 131_072],
    ["Qwen2.5-7B", 57_344],
    ["Llama-3.1-70B", 327_680],
  ])("a token of %s takes %i bytes of KV cache in f16, twice that in f32", (name, bytes) => {
    expect(kvBytesPerToken(builtInModel(name), "f16")).toBe(bytes);
    expect(kvBytesPerToken(builtInModel(name), "f32")).toBe(2 * bytes);
  });

  it.each(builtInModels)("$name reads every weight but the embedding and the norms in its linear layers", (model) => {
    const linears = model.layers * layerLinears(layerSizes(model)).reduce((sum, { n, k }) => sum + n * k, 0);
    const table = model.vocabSize * model.hiddenSize;
    const small = parameters(model) - linears - (model.isEmbeddingTied ? 1 : 2) * table;
    expect(small).toBeGreaterThan(0);
    expect(small / parameters(model)).toBeLessThan(1e-3);
  });

  it("weights take two bytes each in f16 and four in f32", () => {
    const model = builtInModel("Llama-3.2-1B");
    expect(weightBytes(model, "f16")).toBe(2_471_628_800);
    expect(weightBytes(model, "f32")).toBe(4_943_257_600);
  });

  it("lists the built-in models smallest first", () => {
    const counts = builtInModels.map(parameters);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });

  it("finds a built-in model in any case and says which there are where there is none", () => {
    expect(builtInModel("llama-3.1-8b").name).toBe("Llama-3.1-8B");
    expect(() => builtInModel("Llama-9")).toThrowErrorMatchingInlineSnapshot(
      `[InputError: model: expected a built-in model (tiny-llama, Llama-3.2-1B, Qwen2.5-7B, Llama-3.1-8B, Llama-3.1-70B) or a path to a config.json, got "Llama-9". For another model, give the path of its Hugging Face config.json.]`,
    );
  });
});
