import { join } from "node:path";
import type { Readings } from "./nvidia-smi.ts";
import { namesIn, numberOrNull, textOrNull } from "./sysfs.ts";

/** What Linux's amdgpu driver says of a card in sysfs. It names no reason for a low clock, so `reasons` is null. */

const AMD = "0x1002";

/** Device folders of AMD's cards. */
export const amdCards = (drm = "/sys/class/drm"): string[] =>
  namesIn(drm)
    .filter((name) => /^card\d+$/u.test(name))
    .map((name) => join(drm, name, "device"))
    .filter((device) => textOrNull(join(device, "vendor")) === AMD);

/** Sensors are in microwatts, hertz and thousandths of a degree. @see https://docs.kernel.org/gpu/amdgpu/thermal.html */
export const readAmdCard = (device: string): Readings => {
  const [monitor = ""] = namesIn(join(device, "hwmon"));
  const read = (path: string, divisor: number): number | null => {
    const value = numberOrNull(join(device, path));
    return value === null || value < 0 ? null : value / divisor;
  };
  const sensor = (name: string, divisor: number) => (monitor === "" ? null : read(join("hwmon", monitor, name), divisor));
  return {
    sm_mhz: sensor("freq1_input", 1e6),
    memory_mhz: sensor("freq2_input", 1e6),
    power_w: sensor("power1_input", 1e6) ?? sensor("power1_average", 1e6),
    temperature_c: sensor("temp1_input", 1e3),
    utilization: read("gpu_busy_percent", 100),
    memory_used_bytes: read("mem_info_vram_used", 1),
    reasons: null,
  };
};
