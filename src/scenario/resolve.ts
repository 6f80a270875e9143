import { batchLimits, type BatchLimits } from "../calibration/batch-defaults.ts";
import type { DeviceModel } from "../calibration/device-model.ts";
import { kvBlocks } from "../calibration/kv-blocks.ts";
import { engineName, honestInputs } from "../calibration/whose-speed.ts";
import { InputError } from "../errors.ts";
import { checkRateLimit, checkServable } from "../fleet/check-config.ts";
import { COLD } from "../fleet/cold-start/start-up.ts";
import type { FleetConfig } from "../fleet/config.ts";
import type { LanguageModel } from "../model/language-model.ts";
import type { Input } from "../provenance.ts";
import { typicalStart } from "../replica/cold-start/phase.ts";
import type { ColdStartPhase, ReplicaConfig } from "../replica/config.ts";
import type { ReplicaSettings } from "../replica/settings.ts";
import { stepTimeModel } from "../replica/step-time.ts";
import { count, duration, percent, plain, size } from "../format.ts";
import { NO_DATA, type TrafficData } from "../traffic/data.ts";
import { trafficNotes } from "../traffic/notes.ts";
import type { Request } from "../traffic/request.ts";
import { admissionInputs, admissionOf } from "./admission.ts";
import { checkBlocks } from "./check-blocks.ts";
import { churnOf } from "./churn.ts";
import { coldStartOf } from "./cold-start.ts";
import { checkObjectives } from "./check-objectives.ts";
import { withLongest } from "./longest.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";
import { priceInputs } from "./price-inputs.ts";
import { trafficInputs } from "./traffic-inputs.ts";

/** All of a fleet's configuration but what `plan` varies: the requests of a seed, and the policy. */
export type FleetSetup = Omit<FleetConfig, "seed" | "requests" | "policy">;

/**
 * A scenario on a calibrated device, ready to simulate, with where each input came from.
 *
 * @param model the language model that it names
 * @param requests its traffic; of generated traffic one replication, for the description
 * @param data what generated traffic takes from files
 * @throws InputError where the device was calibrated for another model, or the model does not fit it
 */
export const resolveScenario = (
  given: GivenScenario,
  device: DeviceModel,
  model: LanguageModel,
  requests: Iterable<Request>,
  data: TrafficData = NO_DATA,
): FleetSetup => {
  if (model.name !== device.model) {
    throw new InputError(
      "device",
      `expected a device model of ${model.name}, got one of ${device.model}`,
      `Calibrate the device for this model, ballast calibrate --model …, or ask about the other: --model ${device.model}`,
    );
  }
  const from = withLongest(given, model);
  const { scenario } = from;
  const replica = resolveReplica(from, device, model);
  checkServable(replica.config, requests);
  checkObjectives(from, requests);
  checkRateLimit(scenario.admission?.rate_limit, requests);
  if (scenario.replica.num_gpu_blocks !== undefined || device.kv_cache !== undefined) {
    checkBlocks(scenario.traffic, requests, replica.config, from.place);
  }
  const coldStart = coldStartOf(from, device);
  const { churn, inputs: churnInputs } = churnOf(from);
  return {
    scenario: scenario.name,
    stepTime: stepTimeModel(device.step),
    replica: replica.config,
    gpusPerReplica: gpusOf(from, device),
    coldStart: coldStart.phases,
    ...(coldStart.startUp === COLD ? {} : { startUp: coldStart.startUp }),
    router: scenario.router,
    ...admissionOf(from),
    churn,
    inputs: [
      ...trafficInputs(from, requests, data),
      ...honestInputs(device, [...deviceInputs(from, device), ...replica.inputs, ...coldStart.inputs]),
      routerInput(from),
      ...admissionInputs(from),
      ...churnInputs,
      ...priceInputs(from),
    ],
    notModelled: [
      ...trafficNotes(scenario.traffic, data),
      ...(from.server?.cautions ?? []),
      ...(from.server?.notModelled ?? []),
      ...startupNotes(from, coldStart.phases),
    ],
  };
};

/** GPUs that a replica is paid for. */
const gpusOf = ({ server }: GivenScenario, device: DeviceModel): number => {
  const { tensor_parallel: workers = 1 } = device;
  if (server === undefined || server.workers === null) return workers;
  if (server.workers !== workers) {
    throw new InputError(
      `${server.place}: --tensor-parallel-size`,
      `expected what the device model is for, ${workers}, got ${server.workers}`,
      "Give the step times of an engine on so many GPUs: ballast calibrate --tp …",
    );
  }
  return server.gpusPerReplica ?? workers;
};

/** Kubernetes kills a container that its startup probe gives up on. */
const startupNotes = ({ server }: GivenScenario, phases: readonly ColdStartPhase[]): string[] => {
  const first = phases.findIndex(({ state }) => state !== "provisioning");
  const typical = first < 0 ? 0 : typicalStart(phases.slice(first));
  const { startupBudget = null } = server ?? {};
  return startupBudget === null || typical <= startupBudget
    ? []
    : [
        `The startup probe of ${server!.place} gives up after ${duration(startupBudget)}, and a typical start takes ${duration(typical)} from the container on: Kubernetes would restart it again and again.`,
      ];
};

const resolveReplica = (from: GivenScenario, device: DeviceModel, model: LanguageModel): { config: ReplicaConfig; inputs: Input[] } => {
  const settings = from.scenario.replica;
  const limits = batchLimits(
    { ...settings, max_model_len: settings.max_model_len ?? model.contextLength },
    device.memory.bytes,
    device.device,
  );
  const logged = device.kv_cache;
  const numGpuBlocks =
    settings.num_gpu_blocks ??
    (logged === undefined
      ? kvBlocks(device, model, { ...settings, ...limits }).numGpuBlocks
      : Math.floor((logged.blocks * logged.block_size) / settings.block_size));
  const kvTokens = (numGpuBlocks - 1) * settings.block_size;
  if (settings.max_model_len !== undefined && settings.max_model_len > kvTokens) {
    throw new InputError(
      `${from.place}: replica.max_model_len`,
      `expected at most ${kvTokens} tokens, which the KV cache holds, got ${settings.max_model_len}: vLLM does not start so`,
      "Lower it, or give the server more memory.",
    );
  }
  const maxModelLen = settings.max_model_len ?? Math.min(model.contextLength, kvTokens);
  const config = {
    maxNumSeqs: limits.max_num_seqs,
    maxNumBatchedTokens: limits.max_num_batched_tokens,
    maxModelLen,
    blockSize: settings.block_size,
    numGpuBlocks,
    enablePrefixCaching: settings.enable_prefix_caching,
    enableChunkedPrefill: settings.enable_chunked_prefill,
    longPrefillTokenThreshold: settings.long_prefill_token_threshold,
    schedulingPolicy: settings.scheduling_policy,
    schedulerReserveFullIsl: settings.scheduler_reserve_full_isl,
    watermark: settings.watermark,
  };
  const limit = (key: keyof BatchLimits): Input => ({
    name: key,
    value: count(limits[key]),
    ...originOf(from, `replica.${key}`, "vLLM's default for the GPU"),
  });
  const estimate = `${percent(settings.gpu_memory_utilization)} of the memory less weights and activations: an estimate`;
  const modelLimit = maxModelLen < kvTokens ? "the model's own limit" : "all that the KV cache holds";
  return {
    config,
    inputs: [
      limit("max_num_seqs"),
      limit("max_num_batched_tokens"),
      { name: "max_model_len", value: `${count(maxModelLen)} tokens`, ...originOf(from, "replica.max_model_len", modelLimit) },
      {
        name: "num_gpu_blocks",
        value: `${count(numGpuBlocks)} of ${settings.block_size} tokens`,
        ...(logged === undefined || settings.num_gpu_blocks !== undefined
          ? originOf(from, "replica.num_gpu_blocks", estimate)
          : ({ origin: "given", source: `the engine's log ${logged.source}` } as const)),
      },
      {
        name: "enable_prefix_caching",
        value: settings.enable_prefix_caching ? "on" : "off",
        ...originOf(from, "replica.enable_prefix_caching", "vLLM's default"),
      },
      ...policyInputs(from, settings),
    ],
  };
};

/** What is set otherwise than vLLM's defaults. */
const policyInputs = (from: GivenScenario, settings: ReplicaSettings): Input[] => {
  const rows: readonly [keyof ReplicaSettings, boolean, string][] = [
    ["scheduling_policy", settings.scheduling_policy !== "fcfs", settings.scheduling_policy],
    ["enable_chunked_prefill", !settings.enable_chunked_prefill, "off"],
    ["long_prefill_token_threshold", settings.long_prefill_token_threshold > 0, `${count(settings.long_prefill_token_threshold)} tokens`],
    ["scheduler_reserve_full_isl", !settings.scheduler_reserve_full_isl, "off"],
    ["watermark", settings.watermark > 0, percent(settings.watermark)],
  ];
  return rows.filter(([, isSet]) => isSet).map(([name, , value]) => ({ name, value, ...originOf(from, `replica.${name}`) }));
};

const routerInput = (from: GivenScenario): Input => {
  const { router } = from.scenario;
  const interval = "scrape_interval_s" in router ? router.scrape_interval_s : 0;
  const isStale = interval > 0 ? `, servers scraped every ${duration(interval)}` : "";
  return { name: "router", value: `${router.kind}${isStale}`, ...originOf(from, "router.kind") };
};

const deviceInputs = (from: GivenScenario, device: DeviceModel): Input[] => {
  const time = stepTimeModel(device.step);
  const oneToken = time.stepTime({
    tokens: 1,
    outputs: 1,
    prefillSequences: 0,
    prefillPairs: 0,
    prefillCached: 0,
    prefillContext: 0,
    decodeSequences: 1,
    decodeKeys: 1,
    decodeContext: 1,
  });
  return [
    {
      name: "model",
      value: device.model,
      ...originOf(from, "model", "the one that the device model is for"),
    },
    {
      name: "weights",
      value: `${size(device.weight_bytes)}, ${device.dtype}`,
      origin: "given",
      source: `config.json of ${device.model}; the type that the device can hold`,
    },
    { name: "memory", value: size(device.memory.bytes), origin: device.memory.origin, source: device.memory.source },
    { name: "engine", value: engineName(device), ...stepOrigin(device) },
    { name: "step time", value: `from ${duration(oneToken / 1e9)} for one token`, ...stepOrigin(device) },
    ...overheadInputs(device),
  ];
};

/** Whose word the step times are: kernels that Ballast measured, unless anchors rescaled them or an engine's own times were given. */
const stepOrigin = (device: DeviceModel): Pick<Input, "origin" | "source"> => {
  const source = stepSource(device);
  const steps = device.anchored?.curves.filter(({ curve }) => curve === "prefill" || curve === "decode") ?? [];
  if (steps.length === 0) return { origin: device.step.kind === "composed" ? "measured" : "given", source };
  const factors = steps.map(({ curve, factor, sources }) => `${curve} × ${plain(factor, 3)} (${sources.join(", ")})`);
  return { origin: "given", source: `${source}; anchored: ${factors.join(", ")}` };
};

/** What the step curve was made of. */
const stepSource = ({ step, engine, device, condition, runtime, profile, tensor_parallel: tensorParallel = 1 }: DeviceModel): string => {
  const from = profile.slice(0, 12);
  const sharing = tensorParallel === 1 ? "" : `, tensor parallelism ${tensorParallel}`;
  switch (step.kind) {
    case "composed":
      return `WebGPU kernels on ${device} (${condition}${runtime === "dawn" ? ", Dawn in Node" : ""}); profile ${from}`;
    case "layer-tables":
      return `layer tables of ${engine} on ${device}${sharing}; ${from}`;
    case "fitted":
      return `whole steps of ${engine} on ${device}${sharing}; ${from}`;
    default:
      return step satisfies never;
  }
};

const overheadInputs = ({ step }: DeviceModel): Input[] =>
  step.kind === "composed"
    ? []
    : [{ name: "CPU overhead a step", value: duration(step.overhead.seconds), origin: step.overhead.origin, source: step.overhead.source }];
