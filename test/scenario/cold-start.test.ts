import { describe, expect, it } from "vitest";
import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { coldStartOf } from "../../src/scenario/cold-start.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { deviceModel } from "../fixtures.ts";
import { messageOf } from "../message-of.ts";

const least = "model: Llama-3.1-8B\ntraffic: { kind: trace, format: azure, file: conv.csv }\n";
const coldStart = (settings: string, device: DeviceModel = deviceModel(), policy = "{ kind: hpa, max_replicas: 4, target_average: 5 }") =>
  coldStartOf(parseScenario(`${least}policy: ${policy}\ncold_start: ${settings}`, "chat.yaml"), device);
const phasesOf = (settings: string, device?: DeviceModel) =>
  coldStart(settings, device).phases.map((phase) => [
    phase.name,
    "duration" in phase ? phase.duration : "transfer" in phase ? phase.transfer : phase.probe,
  ]);
const inputsOf = (settings: string, device?: DeviceModel) =>
  coldStart(settings, device).inputs.map(({ name, value, origin, source }) => `${origin}: ${name}: ${value} (${source})`);

const measured = { weights: 0.2 + 16_060_522_496 / 5e9, initialise: 1.2 + 0.1 + 0.2 + 0.05 + 0.45, warmUp: 0.5 };

describe("a cold start", () => {
  it("without settings is what it always was", () => {
    expect(phasesOf("{}")).toEqual([
      ["provision", 60],
      ["image", 30],
      ["weights", measured.weights],
      ["initialise", measured.initialise],
      ["warm-up", measured.warmUp],
    ]);
    expect(coldStart("{}").startUp).toEqual({ keepNode: 0, warmPool: null });
  });

  it("has every phase where every phase is asked for", () => {
    const all =
      "{ stock_out: { probability: 0.1, retry_s: 60 }, scheduling_s: 2, image: { bytes: 10e9, registry_bytes_per_s: 2e8, shared_bytes_per_s: 1e9, cached: 0.5 }, container_s: 1, " +
      "weights: { storage_bytes_per_s: 2e9, shared_bytes_per_s: 8e9, peer_bytes_per_s: 5e9, page_cache_bytes_per_s: 4e9 }, weights_s: { kind: uniform, min_s: 1, max_s: 2 }, " +
      "compile_s: 50, compile_cache: { kept: node, seconds: 9 }, readiness_probe: { period_s: 5 }, keep_node_s: 600 }";
    const { phases, startUp } = coldStart(all);
    expect(phases).toEqual([
      { name: "provision", state: "provisioning", duration: 60, stockOut: { probability: 0.1, retry: 60 }, onKnownNode: 0 },
      { name: "scheduling", state: "provisioning", duration: 2 },
      {
        name: "image",
        state: "provisioning",
        transfer: { bytes: 10e9, bandwidth: 2e8, sharedBandwidth: 1e9, cached: 0.5 },
        onKnownNode: 0,
      },
      { name: "container", state: "provisioning", duration: 1 },
      {
        name: "storage",
        state: "loading",
        transfer: { bytes: 16_060_522_496, bandwidth: 2e9, sharedBandwidth: 8e9, peerBandwidth: 5e9 },
        onKnownNode: 16_060_522_496 / 4e9,
      },
      { name: "weights", state: "loading", duration: { kind: "uniform", min_s: 1, max_s: 2 } },
      { name: "initialise", state: "warming", duration: measured.initialise },
      { name: "compile", state: "warming", duration: 50, onKnownNode: 9 },
      { name: "warm-up", state: "warming", duration: measured.warmUp },
      { name: "readiness probe", state: "warming", probe: { period: 5, initialDelay: 0 } },
    ]);
    expect(startUp).toEqual({ keepNode: 600, warmPool: null });
    expect(inputsOf(all)).toMatchInlineSnapshot(`
      [
        "assumed: cold start, provision: 60.0 s (Ballast's default)",
        "given: cold start, scheduling: 2.00 s (chat.yaml)",
        "given: cold start, image: 10.0 GB at 200 MB/s, together 1.00 GB/s, there already on 50 % of new nodes (chat.yaml)",
        "given: cold start, container: 1.00 s (chat.yaml)",
        "given: cold start, storage: 16.1 GB at 2.00 GB/s, together 8.00 GB/s, from ready replicas 5.00 GB/s each, from a kept node's page cache 4.00 GB/s (chat.yaml)",
        "given: cold start, weights: 1.00 s to 2.00 s (chat.yaml)",
        "measured: cold start, initialise: 2.00 s (browser process to pipelines; profile 0123456789ab)",
        "given: cold start, compile: 50.0 s (chat.yaml)",
        "measured: cold start, warm-up: 500 ms (first dispatch to steady; profile 0123456789ab)",
        "given: stock-out: 10 % of tries, next after 60.0 s (chat.yaml)",
        "given: compile cache: 9.00 s on a kept node (chat.yaml)",
        "given: readiness probe: every 5.00 s, first after 0 s (chat.yaml)",
        "given: nodes kept: 10.0 min (chat.yaml)",
      ]
    `);
  });

  it("compiles as fast as a shared cache lets it", () => {
    expect(phasesOf("{ compile_s: 50, compile_cache: { kept: shared, seconds: 9 } }")).toContainEqual(["compile", 9]);
  });
});

describe("a preset", () => {
  const preset = "preset: tensorfuse-l40s-llama-8b-cold";

  it("stands for the phases it names, and the measured figures of a WebGPU engine stand beside it", () => {
    expect(phasesOf(`{ ${preset} }`)).toEqual([
      ["provision", 60],
      ["image", 30],
      ["storage", 61],
      ["weights", 33],
      ["initialise", 94],
      ["compile", 106],
      ["warm-up", 0],
    ]);
    expect(inputsOf(`{ ${preset} }`)).toMatchInlineSnapshot(`
      [
        "assumed: cold start, preset: tensorfuse-l40s-llama-8b-cold (Tensorfuse, 1 September 2025: Llama-3.1-8B on an L40S; dynamo 10 s, graph compilation 42 s and CUDA graph capture 54 s are compile; 294 s in all)",
        "assumed: cold start, provision: 60.0 s (Ballast's default)",
        "assumed: cold start, image: 30.0 s (Ballast's default)",
        "assumed: cold start, storage: 61.0 s (preset tensorfuse-l40s-llama-8b-cold)",
        "assumed: cold start, weights: 33.0 s (preset tensorfuse-l40s-llama-8b-cold)",
        "measured: cold start, weights (not used): 3.41 s (a WebGPU engine's, where the preset is vLLM's; 16.1 GB at 5.00 GB/s by staging-ring, from host memory; profile 0123456789ab)",
        "assumed: cold start, initialise: 94.0 s (preset tensorfuse-l40s-llama-8b-cold)",
        "measured: cold start, initialise (not used): 2.00 s (a WebGPU engine's, where the preset is vLLM's; browser process to pipelines; profile 0123456789ab)",
        "assumed: cold start, compile: 106 s (preset tensorfuse-l40s-llama-8b-cold)",
        "assumed: cold start, warm-up: 0 s (preset tensorfuse-l40s-llama-8b-cold)",
        "measured: cold start, warm-up (not used): 500 ms (a WebGPU engine's, where the preset is vLLM's; first dispatch to steady; profile 0123456789ab)",
      ]
    `);
  });

  it("gives way to what the user says, phase by phase", () => {
    expect(phasesOf(`{ ${preset}, weights_s: measured, compile_s: 7, weights: { storage_bytes_per_s: 2e9 } }`)).toEqual([
      ["provision", 60],
      ["image", 30],
      ["storage", { bytes: 16_060_522_496, bandwidth: 2e9 }],
      ["weights", measured.weights],
      ["initialise", 94],
      ["compile", 7],
      ["warm-up", 0],
    ]);
  });

  it("gives way to what was measured of a production engine, whose initialisation has compilation in it", () => {
    const device: DeviceModel = { ...deviceModel(), engine: "vllm 0.11" };
    expect(phasesOf(`{ ${preset} }`, device)).toEqual([
      ["provision", 60],
      ["image", 30],
      ["storage", 61],
      ["weights", measured.weights],
      ["initialise", measured.initialise],
      ["warm-up", measured.warmUp],
    ]);
  });
});

describe("a warm pool", () => {
  it.each([
    [
      "asleep wakes by the measured upload",
      "{ kind: asleep, size: 2 }",
      { kind: "asleep", size: 2, prepared: 5, wake: measured.weights, paidShare: 1 },
    ],
    ["of nodes has the image", "{ kind: node, size: 1 }", { kind: "node", size: 1, prepared: 2, wake: 0, paidShare: 1 }],
    [
      "of paused nodes costs nothing by default",
      "{ kind: paused-node, size: 1, wake_s: 40 }",
      { kind: "node", size: 1, prepared: 2, wake: 40, paidShare: 0 },
    ],
  ])("%s", (_, pool, expected) => {
    expect(coldStart(`{ warm_pool: ${pool}, readiness_probe: {} }`).startUp.warmPool).toEqual(expected);
  });

  it("is listed with what it costs", () => {
    expect(inputsOf("{ warm_pool: { kind: asleep, size: 2 } }").slice(-2)).toMatchInlineSnapshot(`
      [
        "given: warm pool: 2 replicas asleep at 100 % of the price (chat.yaml)",
        "measured: warm pool, wake: 3.41 s (16.1 GB at 5.00 GB/s by staging-ring, from host memory; profile 0123456789ab)",
      ]
    `);
  });
});

it("settings that cannot be are refused with the place, the rule, what stands there, and what to do", () => {
  const bad = [
    "{ provision_s: -1 }",
    "{ provision_s: { kind: uniform, min_s: 5, max_s: 3 } }",
    "{ weights: { storage_bytes_per_s: 0 } }",
    "{ weights: { storage_bytes_per_s: 1e9 }, storage_s: 3 }",
    "{ image: { bytes: 1e9, registry_bytes_per_s: 1e9 }, image_s: 3 }",
    "{ stock_out: { probability: 1, retry_s: 3 } }",
    "{ compile_s: 40, compile_cache: { kept: node, seconds: 3 } }",
    "{ warm_pool: { kind: paused-node, size: 1 } }",
    "{ preset: tensorfuse }",
    "{ preset: llm-d-pod-cold, warm_pool: { kind: asleep, size: 1 } }",
  ];
  expect(bad.map((settings) => messageOf(() => coldStart(settings))).join("\n")).toMatchInlineSnapshot(`
    "InputError: chat.yaml: cold_start.provision_s: expected number to be >=0, got -1. \`ballast init\` writes a scenario that shows every field.
    InputError: chat.yaml: cold_start.provision_s.max_s: expected at least min_s, got 3. \`ballast init\` writes a scenario that shows every field.
    InputError: chat.yaml: cold_start.weights.storage_bytes_per_s: expected number to be >=1, got 0. \`ballast init\` writes a scenario that shows every field.
    InputError: chat.yaml: cold_start.weights: expected weights or storage_s, got both. Leave one of them out.
    InputError: chat.yaml: cold_start.image: expected image or image_s, got both. Leave one of them out.
    InputError: chat.yaml: cold_start.stock_out.probability: expected number to be <1, got 1. \`ballast init\` writes a scenario that shows every field.
    InputError: chat.yaml: cold_start.compile_cache.kept: expected keep_node_s above 0 with "node", got 0: no replica would ever find the cache. Say how long nodes are kept, or that the cache is shared.
    InputError: chat.yaml: cold_start.warm_pool.wake_s: expected number or object, got none. \`ballast init\` writes a scenario that shows every field.
    InputError: chat.yaml: cold_start.preset: expected one of "tensorfuse-l40s-llama-8b-cold"|"tensorfuse-l40s-llama-8b-cached"|"route179-dgx-spark"|"talos-2x3090"|"llm-d-pod-cold"|"llm-d-pod-cached"|"karpenter-gpu-node"|"serverlessllm-h100-qwen3-32b"|"serverlessllm-h100-qwen3-32b-cached"|"serverlessllm-h100-llama-8b"|"serverlessllm-h100-qwen3-32b-safetensors"|"serverlessllm-h100-qwen3-32b-safetensors-cached"|"serverlessllm-h100-llama-8b-safetensors", got "tensorfuse". \`ballast init\` writes a scenario that shows every field.
    InputError: chat.yaml: cold_start.warm_pool.wake_s: expected a time beside preset llm-d-pod-cold, got none: the measured upload is a WebGPU engine's. Give its seconds, or \`measured\` if you mean that."
  `);
});
