import { WEBGPU, type DeviceModel } from "../calibration/device-model.ts";
import { loadSeconds } from "../calibration/load.ts";
import { warmUpSeconds } from "../calibration/warm-up.ts";
import { presetPhases, presets, type Preset, type PresetName } from "../fleet/cold-start/presets.ts";
import { bandwidth, size } from "../format.ts";
import type { Input } from "../provenance.ts";
import type { Duration } from "../replica/cold-start/duration.ts";
import type { Seconds } from "../units.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";

/** Phases of a cold start in seconds, by the scenario's names. */
export type PhaseKey = (typeof presetPhases)[number];

/** What a device model says of a phase. */
interface Measured {
  readonly seconds: Seconds;
  /** Assumed where the model of an engine has a published figure instead of a measured one. */
  readonly origin: Input["origin"];
  readonly source: string;
}

/** A duration, and whose word it is. */
interface Sourced extends Pick<Input, "origin" | "source"> {
  readonly duration: Duration;
}

/** How long each phase takes, and whose word that is. */
export interface Durations {
  readonly byPhase: ReadonlyMap<PhaseKey, Sourced>;
  /** What was measured and is not used, since a preset of another engine stands in its place. */
  readonly unused: ReadonlyMap<PhaseKey, Measured>;
  readonly preset: (Preset & { readonly name: PresetName }) | null;
  /** How long a member of the warm pool takes to wake; measured: the upload from host memory. */
  readonly wake: Sourced;
}

/**
 * Each phase by the first that says something of it: the user, what was measured of the preset's engine, the preset, Ballast's default.
 */
export const coldStartDurations = (from: GivenScenario, device: DeviceModel): Durations => {
  const { cold_start: settings } = from.scenario;
  const preset = settings.preset === undefined ? null : { ...presets[settings.preset], name: settings.preset };
  const measured = measuredOf(device);
  const byPhase = new Map<PhaseKey, Sourced>();
  const unused = new Map<PhaseKey, Measured>();
  const sourced = (setting: Duration | "measured", path: string, figure: Measured | undefined): Sourced =>
    setting === "measured"
      ? { duration: figure!.seconds, origin: figure!.origin, source: figure!.source }
      : { duration: setting, ...originOf(from, path) };
  for (const key of presetPhases) {
    const path = `cold_start.${key}`;
    const published = from.given.has(path) ? undefined : preset?.phases[key];
    const figure = measured.get(key);
    if (published === undefined || preset === null) {
      byPhase.set(key, sourced(settings[key], path, figure));
    } else if (figure?.origin === "measured" && speaksForProduction(device)) {
      byPhase.set(key, sourced("measured", path, figure));
    } else if (key === "compile_s" && speaksForProduction(device) && measured.get("initialise_s")?.origin === "measured") {
      byPhase.set(key, { duration: 0, origin: "measured", source: "in what was measured as initialise" });
    } else {
      byPhase.set(key, { duration: published, origin: "assumed", source: `preset ${preset.name}` });
      if (figure !== undefined) unused.set(key, figure);
    }
  }
  const pool = settings.warm_pool;
  const wake = sourced(pool?.wake_s ?? 0, "cold_start.warm_pool.wake_s", measured.get("weights_s"));
  return { byPhase, unused, preset, wake };
};

/** Whether the curves are a production engine's. Those of Ballast's own kernels in a browser never stand for its start-up. */
export const speaksForProduction = ({ engine }: { readonly engine: string }): boolean => engine !== WEBGPU;

const measuredOf = (device: DeviceModel): ReadonlyMap<PhaseKey, Measured> => {
  const profile = `profile ${device.profile.slice(0, 12)}`;
  const { initialise, warmUp } = warmUpSeconds(device.warm_up);
  const { source: loadSource } = device.load;
  const { source: warmUpSource } = device.warm_up;
  const load = `${size(device.weight_bytes)} at ${bandwidth(device.load.bandwidth_bytes_per_s)} by ${device.load.method}, from host memory; ${loadSource?.source ?? profile}`;
  const [loadOrigin, warmUpOrigin] = [loadSource?.origin ?? "measured", warmUpSource?.origin ?? "measured"];
  return new Map<PhaseKey, Measured>([
    ["weights_s", { seconds: loadSeconds(device.load, device.weight_bytes), origin: loadOrigin, source: load }],
    [
      "initialise_s",
      { seconds: initialise, origin: warmUpOrigin, source: warmUpSource?.source ?? `browser process to pipelines; ${profile}` },
    ],
    ["warm_up_s", { seconds: warmUp, origin: warmUpOrigin, source: warmUpSource?.source ?? `first dispatch to steady; ${profile}` }],
  ]);
};
