import { sum } from "simple-statistics";
import { block, type Style, wrap } from "./layout.ts";
import { nativeLines } from "./native-shares.ts";
import { measurementsOf } from "../calibration/measured.ts";
import { count, list, NONE, percent, quantity, significant, size } from "../format.ts";
import type { ClockReason, MachineSample, MachineState, Range } from "../profile/machine-state.ts";
import { THROTTLE_REASONS } from "../profile/throttle.ts";
import type { Profile } from "../profile/schema.ts";

/** The state of the machine beside the measurements, as lines of a figure and what it is a figure of. */

type Line = readonly [name: string, value: string, rest: string];

const between = (range: NonNullable<Range>): string => `${count(range.min)} to ${count(range.max)}`;

const clockLine = ({ measuring, max_sm_mhz }: MachineState): Line[] => {
  const sm = measuring?.sm_mhz;
  if (!sm) return [];
  const memory = measuring?.memory_mhz ? `; memory ${count(measuring.memory_mhz.median)} MHz` : "";
  const highest = max_sm_mhz === null ? "" : `; the highest is ${count(max_sm_mhz)} MHz`;
  return [["clock", `${count(sm.median)} MHz`, `of the processors, median while measuring, ${between(sm)}${memory}${highest}`]];
};

const powerLine = ({ measuring, idle }: MachineState): Line[] => {
  const power = measuring?.power_w;
  if (!power) return [];
  const before = typeof idle?.power_w === "number" ? `; ${count(idle.power_w)} W idle, before the browser was started` : "";
  return [["power", `${significant(power.median)} W`, `median while measuring, ${between(power)}${before}`]];
};

const heatLine = ({ measuring, idle }: MachineState): Line[] => {
  const heat = measuring?.temperature_c;
  if (!heat) return [];
  const before = typeof idle?.temperature_c === "number" ? `; ${count(idle.temperature_c)} °C before` : "";
  return [["temperature", `${count(heat.median)} °C`, `median while measuring, ${between(heat)}${before}`]];
};

const REASON_NAMES: Readonly<Record<ClockReason, string>> = {
  "gpu-idle": "idleness",
  "applications-clocks": "clocks that someone set",
  "sw-power-cap": "its power limit",
  "hw-slowdown": "hardware slowdown",
  "sync-boost": "sync boost",
  "sw-thermal": "heat (software)",
  "hw-thermal": "heat (hardware)",
  "hw-power-brake": "power brake",
  "display-clocks": "display clocks",
};

const throttleLine = (profile: Profile): Line[] => {
  const { measuring, source } = profile.machine;
  if (measuring === null) return [];
  const timings = measurementsOf(profile, "kernel").map(({ timing }) => timing);
  const dropped = sum([0, ...timings.map(({ throttled }) => throttled)]);
  const all = dropped + sum([0, ...timings.map(({ samples_s }) => samples_s.length)]);
  if (source !== "nvidia-smi") return [["throttled", NONE, "the tool does not say when the GPU throttles, so nothing was discarded"]];
  const reasons = (Object.entries(measuring.reasons) as [ClockReason, number][])
    .filter(([reason]) => reason !== "gpu-idle") // between two measurements
    .sort((a, b) => b[1] - a[1])
    .map(([reason, share]) => `${REASON_NAMES[reason]} ${percent(share)} of the time`);
  const held = reasons.length === 0 ? "nothing held the clocks back" : `clocks held back by ${list(reasons)}`;
  const rule = `dropped for ${list(THROTTLE_REASONS.filter((reason) => reason !== "hw-slowdown").map((reason) => REASON_NAMES[reason]))}`;
  return [["throttled", quantity(dropped, "sample"), `of ${count(all)}, ${rule}; ${held}`]];
};

const systemLine = ({ power_source, battery_charge, thermal, unified_memory }: MachineState): Line => [
  "runs on",
  power_source,
  `${battery_charge === null ? "" : `battery at ${percent(battery_charge)}; `}thermal state: ${thermal}; memory shared by CPU and GPU: ${unified_memory}`,
];

/** Clocks, power, heat and throttling while measuring, and what the machine ran on. What no tool told is not there, or "unknown". */
export const machineLines = (profile: Profile): Line[] => {
  const { machine } = profile;
  const used = machine.measuring?.memory_used_bytes;
  return [
    ...clockLine(machine),
    ...powerLine(machine),
    ...heatLine(machine),
    ...throttleLine(profile),
    ...(used ? [["GPU memory", size(used.max), "the most in use while measuring, by all programs together"] as const] : []),
    systemLine(machine),
  ];
};

/** What a machine's tools say at one moment. */
interface Now extends Pick<MachineState, "power_source" | "battery_charge" | "thermal"> {
  readonly gpus: readonly (Omit<MachineSample, "at_s"> & { readonly name: string })[];
}

const powerSource = ({ power_source, battery_charge }: Pick<MachineState, "power_source" | "battery_charge">): string =>
  `${power_source}${battery_charge === null ? "" : `, battery at ${percent(battery_charge)}`}`;

/** The machine now, before anything is measured. */
export const machineNowLines = ({ gpus, thermal, ...power }: Now): string[] => [
  `Power source: ${powerSource(power)}; thermal state: ${thermal}`,
  ...gpus.map(({ name, sm_mhz, power_w, temperature_c, memory_used_bytes, reasons }) => {
    const facts = [
      sm_mhz === null ? "" : `${count(sm_mhz)} MHz`,
      power_w === null ? "" : `${significant(power_w)} W`,
      temperature_c === null ? "" : `${count(temperature_c)} °C`,
      memory_used_bytes === null ? "" : `${size(memory_used_bytes)} in use`,
      reasons === null || reasons.length === 0 ? "" : `clocks held back by ${list(reasons.map((reason) => REASON_NAMES[reason]))}`,
    ];
    return `  ${name} now: ${facts.filter((fact) => fact !== "").join(", ") || "its tool tells nothing"}`;
  }),
];

const linesText = (lines: readonly Line[]): string[] =>
  lines.flatMap(([name, value, rest]) => wrap(rest, " ".repeat(32), undefined, `    ${name.padEnd(11)}  ${value.padStart(12)}   `));

/** For a terminal: the machine while it was measured, and how much of its own limits WebGPU reached where those were measured. */
export const machineBlocks = (profile: Profile, style: Style): string[] => [
  ...block("The machine while it was measured", linesText(machineLines(profile)), style),
  ...block(
    "Of what the same GPU does without a browser",
    [
      ...linesText(nativeLines(profile)),
      ...(profile.native_reference?.notes ?? []).flatMap((note) => wrap(note, "      ", undefined, "    - ")),
    ],
    style,
  ),
];
