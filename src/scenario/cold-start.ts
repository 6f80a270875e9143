import type { DeviceModel } from "../calibration/device-model.ts";
import { loadSeconds } from "../calibration/load.ts";
import { warmUpSeconds } from "../calibration/warm-up.ts";
import type { ColdStart } from "../fleet/settings.ts";
import type { Input } from "../provenance.ts";
import type { ColdStartPhase } from "../replica/config.ts";
import { bandwidth, duration, size } from "../format.ts";
import type { Seconds } from "../units.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";

interface Row {
  readonly key: keyof ColdStart;
  readonly name: string;
  readonly state: ColdStartPhase["state"];
  /** What "measured" stands for, and where it comes from. */
  readonly measured?: { readonly seconds: Seconds; readonly source: string; readonly origin: Input["origin"] };
}

/** What a new replica goes through, in order, and where each duration came from. */
export const coldStartOf = (from: GivenScenario, device: DeviceModel): { phases: ColdStartPhase[]; inputs: Input[] } => {
  const profile = `profile ${device.profile.slice(0, 12)}`;
  const { initialise, warmUp } = warmUpSeconds(device.warm_up);
  const { source: loadSource } = device.load;
  const { source: warmUpSource } = device.warm_up;
  const load = `${size(device.weight_bytes)} at ${bandwidth(device.load.bandwidth_bytes_per_s)} by ${device.load.method}, from host memory; ${loadSource?.source ?? profile}`;
  const rows: readonly Row[] = [
    { key: "provision_s", name: "provision", state: "provisioning" },
    { key: "image_s", name: "image", state: "provisioning" },
    {
      key: "weights_s",
      name: "weights",
      state: "loading",
      measured: { seconds: loadSeconds(device.load, device.weight_bytes), source: load, origin: loadSource?.origin ?? "measured" },
    },
    {
      key: "initialise_s",
      name: "initialise",
      state: "warming",
      measured: {
        seconds: initialise,
        source: warmUpSource?.source ?? `browser process to pipelines; ${profile}`,
        origin: warmUpSource?.origin ?? "measured",
      },
    },
    {
      key: "warm_up_s",
      name: "warm-up",
      state: "warming",
      measured: {
        seconds: warmUp,
        source: warmUpSource?.source ?? `first dispatch to steady; ${profile}`,
        origin: warmUpSource?.origin ?? "measured",
      },
    },
  ];
  const phases: ColdStartPhase[] = [];
  const inputs: Input[] = [];
  for (const { key, name, state, measured } of rows) {
    const setting = from.scenario.cold_start[key];
    const isMeasured = setting === "measured" && measured !== undefined;
    const seconds = isMeasured ? measured.seconds : Number(setting);
    phases.push({ name, state, duration: seconds });
    const value = duration(seconds);
    inputs.push(
      isMeasured
        ? { name: `cold start, ${name}`, value, origin: measured.origin, source: measured.source }
        : { name: `cold start, ${name}`, value, ...originOf(from, `cold_start.${key}`) },
    );
  }
  return { phases, inputs };
};
