import type { DeviceModel } from "../calibration/device-model.ts";
import { InputError } from "../errors.ts";
import type { StartUpConfig } from "../fleet/cold-start/start-up.ts";
import { COLD } from "../fleet/cold-start/start-up.ts";
import type { Input } from "../provenance.ts";
import type { ColdStartPhase } from "../replica/config.ts";
import type { Duration } from "../replica/cold-start/duration.ts";
import { coldStartInputs } from "./cold-start-inputs.ts";
import { coldStartDurations, speaksForProduction, type Durations, type PhaseKey } from "./cold-start-durations.ts";
import type { GivenScenario } from "./parse.ts";

/** The way of a new replica, what replicas that start share, and where each figure came from. */
export interface ResolvedColdStart {
  readonly phases: readonly ColdStartPhase[];
  readonly startUp: StartUpConfig;
  readonly inputs: readonly Input[];
}

/**
 * What a new replica goes through, in order. Phases that take no time, and that nobody asked for, are left out.
 *
 * @throws InputError where two settings say the same thing twice
 */
export const coldStartOf = (from: GivenScenario, device: DeviceModel): ResolvedColdStart => {
  checkTogether(from);
  checkWake(from, device);
  const durations = coldStartDurations(from, device);
  const phases = phasesOf(from, durations, device);
  return { phases, startUp: startUpOf(from, durations, phases), inputs: coldStartInputs(from, durations, device) };
};

const phasesOf = (from: GivenScenario, durations: Durations, device: DeviceModel): ColdStartPhase[] => {
  const { cold_start: settings } = from.scenario;
  const { stock_out: stockOut, image, weights, compile_cache: cache, readiness_probe: probe } = settings;
  const areNodesKept = settings.keep_node_s > 0 || (settings.warm_pool !== undefined && settings.warm_pool.kind !== "asleep");
  const spared = areNodesKept ? { onKnownNode: 0 } : {};
  const seconds = (key: PhaseKey): Duration => durations.byPhase.get(key)!.duration;
  const when = (duration: Duration, phase: ColdStartPhase): ColdStartPhase[] => (duration === 0 ? [] : [phase]);
  const compile = cache?.kept === "shared" ? cache.seconds : seconds("compile_s");
  return [
    {
      name: "provision",
      state: "provisioning",
      duration: seconds("provision_s"),
      ...(stockOut === undefined ? {} : { stockOut: { probability: stockOut.probability, retry: stockOut.retry_s } }),
      ...spared,
    },
    ...when(seconds("scheduling_s"), { name: "scheduling", state: "provisioning", duration: seconds("scheduling_s") }),
    image === undefined
      ? { name: "image", state: "provisioning", duration: seconds("image_s"), ...spared }
      : {
          name: "image",
          state: "provisioning",
          transfer: {
            bytes: image.bytes,
            bandwidth: image.registry_bytes_per_s,
            cached: image.cached,
            ...(image.shared_bytes_per_s === undefined ? {} : { sharedBandwidth: image.shared_bytes_per_s }),
          },
          ...spared,
        },
    ...when(seconds("container_s"), { name: "container", state: "provisioning", duration: seconds("container_s") }),
    ...(weights === undefined
      ? when(seconds("storage_s"), { name: "storage", state: "loading", duration: seconds("storage_s"), ...spared })
      : [storageOf(weights, device, areNodesKept)]),
    { name: "weights", state: "loading", duration: seconds("weights_s") },
    { name: "initialise", state: "warming", duration: seconds("initialise_s") },
    ...when(compile, {
      name: "compile",
      state: "warming",
      duration: compile,
      ...(cache?.kept === "node" && areNodesKept ? { onKnownNode: cache.seconds } : {}),
    }),
    { name: "warm-up", state: "warming", duration: seconds("warm_up_s") },
    ...(probe === undefined
      ? []
      : [{ name: "readiness probe", state: "warming", probe: { period: probe.period_s, initialDelay: probe.initial_delay_s } } as const]),
  ];
};

const storageOf = (
  weights: NonNullable<GivenScenario["scenario"]["cold_start"]["weights"]>,
  device: DeviceModel,
  areNodesKept: boolean,
): ColdStartPhase => {
  const bytes = weights.bytes ?? device.weight_bytes;
  const { page_cache_bytes_per_s: pageCache, shared_bytes_per_s: shared, peer_bytes_per_s: peer } = weights;
  return {
    name: "storage",
    state: "loading",
    transfer: {
      bytes,
      bandwidth: weights.storage_bytes_per_s,
      ...(shared === undefined ? {} : { sharedBandwidth: shared }),
      ...(peer === undefined ? {} : { peerBandwidth: peer }),
    },
    ...(areNodesKept ? { onKnownNode: pageCache === undefined ? 0 : bytes / pageCache } : {}),
  };
};

const startUpOf = (from: GivenScenario, { wake }: Durations, phases: readonly ColdStartPhase[]): StartUpConfig => {
  const { keep_node_s: keepNode, warm_pool: pool } = from.scenario.cold_start;
  if (pool === undefined) return keepNode === 0 ? COLD : { keepNode, warmPool: null };
  const isProcess = pool.kind === "asleep";
  const prepared = isProcess ? phases.filter((phase) => !("probe" in phase)).length : 1 + phases.findIndex(({ name }) => name === "image");
  return {
    keepNode,
    warmPool: { size: pool.size, prepared, kind: isProcess ? "asleep" : "node", wake: wake.duration, paidShare: pool.paid_share },
  };
};

/** A preset says nothing of waking, and a browser's upload never stands for another engine's unless the user says so. */
const checkWake = ({ given, scenario, place }: GivenScenario, device: DeviceModel): void => {
  const { preset, warm_pool: pool } = scenario.cold_start;
  if (preset === undefined || pool?.kind !== "asleep" || given.has("cold_start.warm_pool.wake_s") || speaksForProduction(device)) return;
  throw new InputError(
    `${place}: cold_start.warm_pool.wake_s`,
    `expected a time beside preset ${preset}, got none: the measured upload is a WebGPU engine's`,
    "Give its seconds, or `measured` if you mean that.",
  );
};

/** Settings that would say one thing twice, or that need another. */
const checkTogether = ({ given, scenario, place }: GivenScenario): void => {
  const has = (key: string): boolean => given.has(`cold_start.${key}`);
  for (const [one, other] of [
    ["image", "image_s"],
    ["weights", "storage_s"],
  ] as const) {
    if (has(one) && has(other)) {
      throw new InputError(`${place}: cold_start.${one}`, `expected ${one} or ${other}, got both`, "Leave one of them out.");
    }
  }
  const { compile_cache: cache, keep_node_s: keepNode } = scenario.cold_start;
  if (cache?.kept === "node" && keepNode === 0) {
    throw new InputError(
      `${place}: cold_start.compile_cache.kept`,
      'expected keep_node_s above 0 with "node", got 0: no replica would ever find the cache',
      "Say how long nodes are kept, or that the cache is shared.",
    );
  }
};
