import type { DeviceModel } from "../calibration/device-model.ts";
import { bandwidth, duration as inWords, percent, quantity, size } from "../format.ts";
import type { Input } from "../provenance.ts";
import { typicalDuration, type Duration } from "../replica/cold-start/duration.ts";
import type { Durations, PhaseKey } from "./cold-start-durations.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";

/** Phases by their names in an answer; those that are always listed first. */
const NAMES: readonly [PhaseKey, string, isAlwaysListed: boolean][] = [
  ["provision_s", "provision", true],
  ["scheduling_s", "scheduling", false],
  ["image_s", "image", true],
  ["container_s", "container", false],
  ["storage_s", "storage", false],
  ["weights_s", "weights", true],
  ["initialise_s", "initialise", true],
  ["compile_s", "compile", false],
  ["warm_up_s", "warm-up", true],
];

/** What the cold start rests on, with where it came from. */
export const coldStartInputs = (from: GivenScenario, durations: Durations, device: DeviceModel): Input[] => {
  const { preset, unused } = durations;
  const overridden = overriddenBy(from, device);
  const phases = NAMES.flatMap(([key, name, isAlwaysListed]): Input[] => {
    const instead = overridden.get(key);
    if (instead !== undefined) return [instead];
    const { duration, origin, source } = durations.byPhase.get(key)!;
    const figure = unused.get(key);
    return [
      ...(isAlwaysListed || duration !== 0 ? [{ name: `cold start, ${name}`, value: durationInWords(duration), origin, source }] : []),
      ...(figure === undefined
        ? []
        : [
            {
              name: `cold start, ${name} (not used)`,
              value: inWords(figure.seconds),
              origin: figure.origin,
              source: `${figure.origin === "measured" ? "a WebGPU engine's, where the preset is" : "the preset goes before it, which is"} ${preset?.engine}'s; ${figure.source}`,
            },
          ]),
    ];
  });
  return [
    ...(preset === null
      ? []
      : [{ name: "cold start, preset", value: preset.name, origin: "assumed" as const, source: `${preset.source}; ${preset.note}` }]),
    ...phases,
    ...sharedInputs(from, durations),
  ];
};

/** Phases for which the user gave more than a time. */
const overriddenBy = (from: GivenScenario, device: DeviceModel): ReadonlyMap<PhaseKey, Input> => {
  const { image, weights, compile_cache: cache } = from.scenario.cold_start;
  const rows = new Map<PhaseKey, Input>();
  if (image !== undefined) {
    const { bytes, registry_bytes_per_s: rate, shared_bytes_per_s: shared, cached } = image;
    const value = `${overLink(bytes, rate, shared)}${cached > 0 ? `, there already on ${percent(cached)} of new nodes` : ""}`;
    rows.set("image_s", { name: "cold start, image", value, ...originOf(from, "cold_start.image") });
  }
  if (weights !== undefined) {
    const { bytes = device.weight_bytes, storage_bytes_per_s: rate, shared_bytes_per_s: shared } = weights;
    const { peer_bytes_per_s: peer, page_cache_bytes_per_s: cacheRate } = weights;
    const fromPeers = peer === undefined ? "" : `, from ready replicas ${bandwidth(peer)} each`;
    const fromCache = cacheRate === undefined ? "" : `, from a kept node's page cache ${bandwidth(cacheRate)}`;
    const value = `${overLink(bytes, rate, shared)}${fromPeers}${fromCache}`;
    rows.set("storage_s", { name: "cold start, storage", value, ...originOf(from, "cold_start.weights") });
  }
  if (cache?.kept === "shared") {
    const value = `${inWords(cache.seconds)} with a shared cache`;
    rows.set("compile_s", { name: "cold start, compile", value, ...originOf(from, "cold_start.compile_cache") });
  }
  return rows;
};

const overLink = (bytes: number, rate: number, shared: number | undefined): string =>
  `${size(bytes)} at ${bandwidth(rate)}${shared === undefined ? "" : `, together ${bandwidth(shared)}`}`;

/** What several replicas have in common, where it is set. */
const sharedInputs = (from: GivenScenario, { wake }: Durations): Input[] => {
  const {
    stock_out: stockOut,
    readiness_probe: probe,
    keep_node_s: keepNode,
    compile_cache: cache,
    warm_pool: pool,
  } = from.scenario.cold_start;
  const row = (key: string, name: string, value: string): Input => ({ name, value, ...originOf(from, `cold_start.${key}`) });
  return [
    ...(stockOut === undefined
      ? []
      : [row("stock_out", "stock-out", `${percent(stockOut.probability)} of tries, next after ${durationInWords(stockOut.retry_s)}`)]),
    ...(cache?.kept === "node" ? [row("compile_cache", "compile cache", `${inWords(cache.seconds)} on a kept node`)] : []),
    ...(probe === undefined
      ? []
      : [row("readiness_probe", "readiness probe", `every ${inWords(probe.period_s)}, first after ${inWords(probe.initial_delay_s)}`)]),
    ...(keepNode === 0 ? [] : [row("keep_node_s", "nodes kept", inWords(keepNode))]),
    ...(pool === undefined
      ? []
      : [
          row(
            "warm_pool",
            "warm pool",
            `${quantity(pool.size, MEMBERS[pool.kind].one, MEMBERS[pool.kind].many)} at ${percent(pool.paid_share)} of the price`,
          ),
          { name: "warm pool, wake", value: durationInWords(wake.duration), origin: wake.origin, source: wake.source },
        ]),
  ];
};

/** One member of a pool, and several. */
const MEMBERS = {
  asleep: { one: "replica asleep", many: "replicas asleep" },
  node: { one: "node", many: "nodes" },
  "paused-node": { one: "paused node", many: "paused nodes" },
} as const;

/** A time as a person reads it: its distribution where it has one. */
const durationInWords = (duration: Duration): string => {
  if (typeof duration === "number") return inWords(duration);
  switch (duration.kind) {
    case "constant":
      return inWords(duration.seconds);
    case "uniform":
      return `${inWords(duration.min_s)} to ${inWords(duration.max_s)}`;
    case "log-normal":
      return `${inWords(duration.p50_s)}, p99 ${inWords(duration.p99_s)}`;
    case "empirical":
      return `one of ${duration.seconds.length}, median ${inWords(typicalDuration(duration))}`;
    default:
      return duration satisfies never;
  }
};
