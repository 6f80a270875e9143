import type { MachineState } from "../../../src/profile/machine-state.ts";
import { amdCards, readAmdCard } from "./amdgpu.ts";
import { parseSmiLine, type Readings, smiQuery } from "./nvidia-smi.ts";
import { systemState } from "./power-source.ts";
import { type NativeGpu, readProgram, type ReadProgram } from "./system-gpu.ts";

/** The machine at one moment. */
export interface MachineNow extends Pick<MachineState, "power_source" | "battery_charge" | "thermal"> {
  readonly gpus: readonly (Readings & { readonly name: string })[];
}

const nvidiaNow = (gpus: readonly NativeGpu[], read: ReadProgram): MachineNow["gpus"] => {
  const query = smiQuery(read("nvidia-smi", ["--help-query-gpu"]) ?? "");
  if (query.length === 0) return [];
  const text = read("nvidia-smi", [`--query-gpu=${query.map(([, name]) => name).join(",")}`, "--format=csv,noheader,nounits"]) ?? "";
  return text.split("\n").flatMap((line) => {
    const parsed = parseSmiLine(line, query);
    return parsed === null ? [] : [{ name: gpus.find(({ uuid }) => uuid === parsed.uuid)?.name ?? parsed.uuid, ...parsed.readings }];
  });
};

/** What the tools say right now. @param gpus the system's GPUs, for their names */
export const machineNow = (platform: NodeJS.Platform, gpus: readonly NativeGpu[], read: ReadProgram = readProgram): MachineNow => {
  const { powerSource, batteryCharge, thermal } = systemState(platform, read);
  const isNvidia = gpus.some(({ tool }) => tool === "nvidia-smi");
  const amd = platform === "linux" && !isNvidia ? amdCards() : [];
  return {
    power_source: powerSource,
    battery_charge: batteryCharge,
    thermal,
    gpus: isNvidia ? nvidiaNow(gpus, read) : amd.map((card, i) => ({ name: `AMD card ${i}`, ...readAmdCard(card) })),
  };
};
