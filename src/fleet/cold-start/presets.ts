import { z } from "zod";
import { durationSchema } from "../../replica/cold-start/duration.ts";

/** Phases of a cold start in seconds, by the names a scenario has for them. */
export const presetPhases = [
  "provision_s",
  "scheduling_s",
  "image_s",
  "container_s",
  "storage_s",
  "weights_s",
  "initialise_s",
  "compile_s",
  "warm_up_s",
] as const;

const presetSchema = z.strictObject({
  /** Whose start-up it is. A WebGPU engine's own measurements never replace another's. */
  engine: z.enum(["vLLM", "ServerlessLLM", "safetensors", "another engine"]),
  source: z.string(),
  /** How the published figures were put into phases. */
  note: z.string(),
  phases: z.partialRecord(z.enum(presetPhases), durationSchema),
});
export type Preset = z.infer<typeof presetSchema>;

const tensorfuse = "Tensorfuse, 1 September 2025: Llama-3.1-8B on an L40S";
const serverless = "ServerlessLLM, benchmarks/results/h100_2025/README.md: 8 H100, NVMe of 29.4 GB/s";
const llmD = "llm-d-autoscaling, issue 1433 (IBM Cloud)";

const loadOf = (loader: "ServerlessLLM" | "safetensors", model: string, kind: "random" | "cached", mean: number): Preset => ({
  engine: loader,
  source: serverless,
  note: `${model}, mean of the ${kind} test, file to GPU: storage is in it`,
  phases: { storage_s: 0, weights_s: mean },
});

const podStart = (seconds: number, what: string): Preset => ({
  engine: "vLLM",
  source: llmD,
  note: `pod cold start ${what}, published as one figure: all of it stands as initialise`,
  phases: { image_s: 0, container_s: 0, storage_s: 0, weights_s: 0, initialise_s: seconds, compile_s: 0, warm_up_s: 0 },
});

const published = {
  "tensorfuse-l40s-llama-8b-cold": {
    engine: "vLLM",
    source: tensorfuse,
    note: "dynamo 10 s, graph compilation 42 s and CUDA graph capture 54 s are compile; 294 s in all",
    phases: { storage_s: 61, weights_s: 33, initialise_s: 94, compile_s: 106, warm_up_s: 0 },
  },
  "tensorfuse-l40s-llama-8b-cached": {
    engine: "vLLM",
    source: tensorfuse,
    note: "weights and compile cache kept, 8 graph sizes: dynamo 10 s, graph compilation 13 s and capture 7 s are compile; 82 s in all",
    phases: { storage_s: 0, weights_s: 18, initialise_s: 34, compile_s: 30, warm_up_s: 0 },
  },
  "route179-dgx-spark": {
    engine: "vLLM",
    source: "route179.dev: Qwen3.6-35B on a DGX Spark",
    note: "what is left of 'more than 5 minutes' after weights and compilation stands as initialise: a lower bound",
    phases: { storage_s: 0, weights_s: 142, initialise_s: 119, compile_s: 39, warm_up_s: 0 },
  },
  "talos-2x3090": {
    engine: "vLLM",
    source: "talos, pull request 1848: two RTX 3090, weights of 13.2 GiB",
    note: "container and CUDA 150 s as container, NCCL 30 s and profiling 131 s as initialise, compilation 166 s and graph capture 90 s as compile",
    phases: { container_s: 150, storage_s: 0, weights_s: 63, initialise_s: 161, compile_s: 256, warm_up_s: 0 },
  },
  "llm-d-pod-cold": podStart(110, "without a cache"),
  "llm-d-pod-cached": podStart(52, "with a hostPath cache"),
  "karpenter-gpu-node": {
    engine: "another engine",
    source: "resume-site-4js.pages.dev/experiments/autoscaling",
    note: "from instants: node at 35 s, pod scheduled at 65 s, container started at 354 to 357 s, model ready at 425 to 439 s; uniform between them is an assumption",
    phases: {
      provision_s: 35,
      scheduling_s: 30,
      image_s: { kind: "uniform", min_s: 289, max_s: 292 },
      container_s: 0,
      storage_s: 0,
      weights_s: 0,
      initialise_s: { kind: "uniform", min_s: 71, max_s: 82 },
      compile_s: 0,
      warm_up_s: 0,
    },
  },
  "serverlessllm-h100-qwen3-32b": loadOf("ServerlessLLM", "Qwen3-32B", "random", 3.216),
  "serverlessllm-h100-qwen3-32b-cached": loadOf("ServerlessLLM", "Qwen3-32B", "cached", 1.253),
  "serverlessllm-h100-llama-8b": loadOf("ServerlessLLM", "Llama-3.1-8B-Instruct", "random", 0.678),
  "serverlessllm-h100-qwen3-32b-safetensors": loadOf("safetensors", "Qwen3-32B", "random", 20.592),
  "serverlessllm-h100-qwen3-32b-safetensors-cached": loadOf("safetensors", "Qwen3-32B", "cached", 12.466),
  "serverlessllm-h100-llama-8b-safetensors": loadOf("safetensors", "Llama-3.1-8B-Instruct", "random", 4.437),
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof published;

/** Published cold starts, by name. Each replaces the defaults of the phases it names. */
export const presets: Readonly<Record<PresetName, Preset>> = z.record(z.string(), presetSchema).parse(published) as Readonly<
  Record<PresetName, Preset>
>;

export const presetNames = Object.keys(published) as [PresetName, ...PresetName[]];
