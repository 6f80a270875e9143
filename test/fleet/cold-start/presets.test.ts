import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { presetNames, presets } from "../../../src/fleet/cold-start/presets.ts";
import { typicalDuration, type Duration } from "../../../src/replica/cold-start/duration.ts";
import { sharedFileOrNull } from "../../data.ts";

const total = (phases: Readonly<Record<string, Duration | undefined>>): number =>
  Object.values(phases).reduce((sum: number, phase) => sum + typicalDuration(phase ?? 0), 0);

it.each([
  ["tensorfuse-l40s-llama-8b-cold", 294],
  ["tensorfuse-l40s-llama-8b-cached", 82],
  ["route179-dgx-spark", 300],
  ["talos-2x3090", 630],
  ["llm-d-pod-cold", 110],
  ["llm-d-pod-cached", 52],
  // Model ready 425 to 439 s after the scale-up.
  ["karpenter-gpu-node", 432],
] as const)("the phases of %s add up to what was published, %d s", (name, seconds) => {
  expect(total(presets[name].phases)).toBeCloseTo(seconds, 0);
});

it("each names its source and says how it was read", () => {
  for (const name of presetNames) {
    expect(presets[name].source.length).toBeGreaterThan(15);
    expect(presets[name].note.length).toBeGreaterThan(15);
  }
});

const folder = ["traces", "serverlessllm_loading", "h100_2025", "random"];
const rows = [
  ["serverlessllm-h100-qwen3-32b", "Qwen_Qwen3-32B_sllm_30_random.json"],
  ["serverlessllm-h100-llama-8b", "meta-llama_Llama-3.1-8B-Instruct_sllm_30_random.json"],
  ["serverlessllm-h100-qwen3-32b-safetensors", "Qwen_Qwen3-32B_safetensors_30_random.json"],
  ["serverlessllm-h100-llama-8b-safetensors", "meta-llama_Llama-3.1-8B-Instruct_safetensors_30_random.json"],
] as const;

for (const [name, file] of rows) {
  const path = sharedFileOrNull(...folder, file);
  it.skipIf(path === null)(`${name} is the mean of the measured loads (absent: ServerlessLLM's raw files)`, () => {
    const loads = JSON.parse(readFileSync(path!, "utf8")) as { loading_time: number }[];
    const mean = loads.reduce((sum, { loading_time }) => sum + loading_time, 0) / loads.length;
    expect(total(presets[name].phases)).toBeCloseTo(mean, 3);
  });
}
