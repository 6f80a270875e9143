import type { Bytes } from "../units.ts";

const MIB = 2 ** 20;

/** Memory that nvidia-smi states for a GPU, by its name, the more particular names first. */
const MEMORY: readonly (readonly [name: RegExp, bytes: Bytes])[] = [
  [/\bH200\b/iu, 143_771 * MIB],
  [/\bH100 NVL\b/iu, 95_830 * MIB],
  [/\bH100\b/iu, 81_559 * MIB],
  [/\bA100.*40\s?GB/iu, 40_960 * MIB],
  [/\bA100.*80\s?GB/iu, 81_920 * MIB],
  [/RTX PRO 6000\b|\bRTXPRO6000\b/iu, 97_887 * MIB],
  [/RTX 6000 Ada/iu, 49_140 * MIB],
  [/\bL40S?\b/iu, 46_068 * MIB],
  [/\bL4\b/iu, 23_034 * MIB],
  [/\bA10G?\b/iu, 23_028 * MIB],
  [/\bA40\b/iu, 46_068 * MIB],
  [/RTX ?5090\b/iu, 32_607 * MIB],
  [/RTX ?4090\b/iu, 24_564 * MIB],
  [/RTX ?3090\b/iu, 24_576 * MIB],
];

/** The memory of a GPU that is known by name; null for any other, and for a laptop's, which has less than its namesake. */
export const memoryByNameOrNull = (device: string): Bytes | null =>
  /laptop|max-q/iu.test(device) ? null : (MEMORY.find(([name]) => name.test(device))?.[1] ?? null);
