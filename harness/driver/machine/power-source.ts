import { join } from "node:path";
import type { MachineState } from "../../../src/profile/machine-state.ts";
import { namesIn, numberIn, numberOrNull, textOrNull } from "./sysfs.ts";
import { type ReadProgram, readProgram } from "./system-gpu.ts";

/** What the machine runs on and whether it is hot, at one moment; read without root. */
export interface SystemState {
  readonly powerSource: MachineState["power_source"];
  /** Share of the battery that is left; null without one. */
  readonly batteryCharge: number | null;
  /** Whether the system holds itself back for heat now; "unknown" where only a count over time tells. */
  readonly thermal: MachineState["thermal"];
  /** How often the processor slowed itself for heat since it was started; null where nothing counts it. */
  readonly throttleCount: number | null;
}

const UNKNOWN: SystemState = { powerSource: "unknown", batteryCharge: null, thermal: "unknown", throttleCount: null };

const share = (percent: number | null): number | null => (percent === null ? null : Math.min(1, Math.max(0, percent / 100)));

/** Linux: its power supplies (a mouse's battery, of scope Device, is none) and the count of the processor's thermal throttling. */
export const linuxState = (sys = "/sys"): SystemState => {
  const supplies = join(sys, "class/power_supply");
  const all = namesIn(supplies).map((name) => {
    const of = (field: string) => textOrNull(join(supplies, name, field));
    return { type: of("type"), scope: of("scope"), status: of("status"), online: of("online"), capacity: of("capacity") };
  });
  const batteries = all.filter(({ type, scope }) => type === "Battery" && scope !== "Device");
  const isDischarging = batteries.some(({ status }) => status === "Discharging");
  const isFed = all.some(({ type, online }) => type !== "Battery" && online === "1");
  return {
    powerSource: isDischarging ? "battery" : isFed ? "mains" : "unknown",
    batteryCharge: share(numberIn(batteries[0]?.capacity)),
    thermal: "unknown",
    throttleCount: numberOrNull(join(sys, "devices/system/cpu/cpu0/thermal_throttle/package_throttle_count")),
  };
};

/** macOS: `pmset -g batt` and `pmset -g therm`. `powermetrics` would tell more and needs root. */
export const macState = (read: ReadProgram): SystemState => {
  const battery = read("pmset", ["-g", "batt"]) ?? "";
  const heat = read("pmset", ["-g", "therm"]) ?? "";
  const speedLimit = numberIn(/CPU_Speed_Limit\s*=\s*(\d+)/u.exec(heat)?.[1]);
  const isNominal = speedLimit === null ? /No thermal warning level has been recorded/u.test(heat) : speedLimit >= 100;
  return {
    powerSource: battery.includes("'Battery Power'") ? "battery" : battery.includes("'AC Power'") ? "mains" : "unknown",
    batteryCharge: share(numberIn(/(\d+)%/u.exec(battery)?.[1])),
    thermal: isNominal ? "nominal" : speedLimit === null ? "unknown" : "throttled",
    throttleCount: null,
  };
};

export const systemState = (platform: NodeJS.Platform, read: ReadProgram = readProgram): SystemState =>
  platform === "linux" ? linuxState() : platform === "darwin" ? macState(read) : UNKNOWN;

/** What a run was under, from its start and its end. */
export const overRun = (start: SystemState, end: SystemState): Pick<MachineState, "power_source" | "battery_charge" | "thermal"> => {
  const counted = start.throttleCount === null || end.throttleCount === null ? null : end.throttleCount - start.throttleCount;
  const seen = [start.thermal, end.thermal];
  const both = [start.powerSource, end.powerSource];
  return {
    power_source: both.includes("battery") ? "battery" : both.includes("mains") ? "mains" : "unknown",
    battery_charge: start.batteryCharge,
    thermal:
      seen.includes("throttled") || (counted ?? 0) > 0 ? "throttled" : seen.includes("nominal") || counted === 0 ? "nominal" : "unknown",
  };
};
