import type { BytesPerSecond, OperationsPerSecond } from "../units.ts";
import type { ArithmeticKind } from "./roofline.ts";
import type { Profile } from "./schema.ts";

/** What the maker says that a GPU does at most: boost clock, no overhead, no sparsity. A measured roof is a share of it. */
export interface Datasheet {
  readonly gpu: string;
  readonly memory: BytesPerSecond;
  /** What the maker does not state is absent. Matrix units: f16 values, sums in f32, dense. */
  readonly arithmetic: Readonly<Partial<Record<Exclude<ArithmeticKind, "f16">, OperationsPerSecond>>>;
}

const sheet = (gpu: string, gigabytes: number, f32: number | null, matrix: number | null): Datasheet => ({
  gpu,
  memory: gigabytes * 1e9,
  arithmetic: { ...(f32 === null ? {} : { f32: f32 * 1e12 }), ...(matrix === null ? {} : { "f16-matrix": matrix * 1e12 }) },
});

/**
 * Figures by what nvidia-smi, system_profiler or the browser calls the GPU, the more particular names first: GB/s, TFLOP/s in f32,
 * TFLOP/s of matrix units. A name that fits none, or whose model comes with several speeds, has no figures here rather than wrong ones.
 *
 * From the makers' datasheets and architecture papers:
 * - NVIDIA H100 and H200: "H100 Tensor Core GPU" and "H200 Tensor Core GPU" datasheets, whose matrix figures count sparsity and are halved here.
 * - NVIDIA A100, A10, L4, L40S, T4, V100: the datasheets of those names.
 * - GeForce RTX 3090, 4090, 5090: "GA102", "Ada" and "RTX Blackwell" architecture papers, appendix A, FP16 with FP32 accumulation.
 * - RTX PRO 6000 Blackwell Workstation Edition: "RTX PRO Blackwell" architecture paper.
 * - AMD Instinct MI300X: its datasheet.
 * - Apple: the announcements of the chips, in their fullest configuration. They state no arithmetic rate from M3 on, and never one of matrix units.
 */
const SHEETS: readonly (readonly [name: RegExp, sheet: Datasheet])[] = [
  [/\bH200 NVL\b/i, sheet("H200 NVL", 4800, 60, 835.5)],
  [/\bH200\b/i, sheet("H200 SXM", 4800, 67, 989)],
  [/\bH100 NVL\b/i, sheet("H100 NVL", 3900, 60, 835.5)],
  [/\bH100 PCIe\b/i, sheet("H100 PCIe", 2000, 51, 756)],
  [/\bH100 (?:SXM5?\b|80GB HBM3)/i, sheet("H100 SXM", 3350, 67, 989)],
  [/\bA100-SXM4-80GB\b/i, sheet("A100 SXM 80 GB", 2039, 19.5, 312)],
  [/\bA100 80GB PCIe\b/i, sheet("A100 PCIe 80 GB", 1935, 19.5, 312)],
  [/\bA100-(?:SXM4|PCIE)-40GB\b/i, sheet("A100 40 GB", 1555, 19.5, 312)],
  [/\bA10\b/i, sheet("A10", 600, 31.2, 125)],
  [/\bL40S\b/i, sheet("L40S", 864, 91.6, 362)],
  [/\bL4\b/i, sheet("L4", 300, 30.3, 121)],
  [/\bT4\b/i, sheet("T4", 300, 8.1, 65)],
  [/\bV100S-PCIE/i, sheet("V100S PCIe", 1134, 16.4, 130)],
  [/\bV100-SXM2/i, sheet("V100 SXM2", 900, 15.7, 125)],
  [/\bV100-PCIE/i, sheet("V100 PCIe", 900, 14, 112)],
  [/\bRTX 3090(?! Ti)\b/i, sheet("GeForce RTX 3090", 936, 35.6, 71)],
  [/\bRTX 4090(?! (?:D|Laptop)\b)/i, sheet("GeForce RTX 4090", 1008, 82.6, 165.2)],
  [/\bRTX 5090(?! (?:D|Laptop)\b)/i, sheet("GeForce RTX 5090", 1792, 104.8, 209.5)],
  [/\bRTX PRO 6000 Blackwell Workstation\b/i, sheet("RTX PRO 6000 Blackwell Workstation", 1792, 125, 503.8)],
  [/\bMI300X\b/i, sheet("Instinct MI300X", 5300, 163.4, 1307.4)],
  [/\bApple M1 Ultra\b/i, sheet("Apple M1 Ultra", 800, 21, null)],
  [/\bApple M1 Max\b/i, sheet("Apple M1 Max", 400, 10.4, null)],
  [/\bApple M1 Pro\b/i, sheet("Apple M1 Pro", 200, 5.2, null)],
  [/\bApple M1\b/i, sheet("Apple M1", 68.25, 2.6, null)],
  [/\bApple M2 Ultra\b/i, sheet("Apple M2 Ultra", 800, 27.2, null)],
  [/\bApple M2 Max\b/i, sheet("Apple M2 Max", 400, 13.6, null)],
  [/\bApple M2 Pro\b/i, sheet("Apple M2 Pro", 200, 6.8, null)],
  [/\bApple M2\b/i, sheet("Apple M2", 100, 3.6, null)],
  [/\bApple M3 Max\b/i, sheet("Apple M3 Max", 400, null, null)],
  [/\bApple M3 Pro\b/i, sheet("Apple M3 Pro", 150, null, null)],
  [/\bApple M3$/i, sheet("Apple M3", 100, null, null)],
  [/\bApple M4 Max\b/i, sheet("Apple M4 Max", 546, null, null)],
  [/\bApple M4 Pro\b/i, sheet("Apple M4 Pro", 273, null, null)],
  [/\bApple M4$/i, sheet("Apple M4", 120, null, null)],
];

/** The first sheet whose name one of these contains; null where none does. */
export const datasheetOrNull = (names: readonly string[]): Datasheet | null =>
  SHEETS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? null;

/** The datasheet of the GPU that a profile measured; null for a software adapter and for a GPU that the table does not know. */
export const datasheetOfOrNull = ({ is_gpu, device, environment: { adapter, native } }: Profile): Datasheet | null =>
  is_gpu ? datasheetOrNull([...(native === null ? [] : [native.name]), device, adapter.description]) : null;
