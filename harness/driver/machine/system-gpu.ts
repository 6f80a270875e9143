import { execFileSync } from "node:child_process";

/** A GPU as the system's own tool names it. */
export interface NativeGpu {
  readonly tool: "nvidia-smi" | "system_profiler";
  readonly name: string;
  readonly driver: string;
  readonly memoryBytes: number | null;
  /** By which nvidia-smi and CUDA know it; null where the tool has none. */
  readonly uuid: string | null;
}

export interface NativeView {
  readonly gpus: readonly NativeGpu[];
  /** Programs that use a GPU right now, as the tool names them; only nvidia-smi tells. */
  readonly processes: readonly string[];
}

/** Output of a program, null where it is absent, fails or takes too long. */
export type ReadProgram = (program: string, args: readonly string[]) => string | null;

const TOOL_LIMIT_MS = 15_000;

export const readProgram: ReadProgram = (program, args) => {
  try {
    return execFileSync(program, args, {
      encoding: "utf8",
      timeout: TOOL_LIMIT_MS,
      stdio: ["ignore", "pipe", "ignore"],
      windowsHide: true,
    });
  } catch {
    return null;
  }
};

const MIB = 2 ** 20;

const NVIDIA_FIELDS = "name,driver_version,memory.total,uuid";

/** Lines of nvidia-smi's `--query-gpu=name,driver_version,memory.total,uuid --format=csv,noheader,nounits`; memory is in MiB, or "[N/A]". */
export const parseNvidiaGpus = (text: string): NativeGpu[] =>
  text
    .split("\n")
    .map((line) => line.split(",").map((field) => field.trim()))
    .flatMap(([name, driver, memory, uuid]) => {
      if (!name || driver === undefined) return [];
      const mebibytes = Number(memory);
      const memoryBytes = Number.isFinite(mebibytes) ? mebibytes * MIB : null;
      return [{ tool: "nvidia-smi" as const, name, driver, memoryBytes, uuid: uuid?.startsWith("GPU-") ? uuid : null }];
    });

/** Programs in `nvidia-smi -q -d PIDS`: graphics and compute alike, with their memory. */
export const parseNvidiaProcesses = (text: string): string[] =>
  text
    .split(/Process ID\s*:/)
    .slice(1)
    .map((block) => {
      const field = (name: string) => new RegExp(`^\\s*${name}\\s*:\\s*(.+)$`, "m").exec(block)?.[1]?.trim();
      const memory = field("Used GPU Memory");
      return `${field("Name") ?? "a process"} (process ${Number.parseInt(block, 10)}${memory?.includes("MiB") ? `, ${memory}` : ""})`;
    });

interface MacDisplays {
  readonly SPDisplaysDataType?: readonly { readonly sppci_model?: string; readonly _name?: string }[];
}

/** `system_profiler SPDisplaysDataType -json`: the driver belongs to macOS, and memory is shared with the CPU on Apple's own GPUs. */
export const parseMacGpus = (text: string): NativeGpu[] => {
  const { SPDisplaysDataType: displays = [] } = JSON.parse(text) as MacDisplays;
  return displays.flatMap(({ sppci_model, _name }) => {
    const name = sppci_model ?? _name;
    return name === undefined ? [] : [{ tool: "system_profiler" as const, name, driver: "", memoryBytes: null, uuid: null }];
  });
};

/** What the system's own tools say of its GPUs, before a browser is started, so that ours is not among the processes. */
export const nativeView = (platform: NodeJS.Platform, read: ReadProgram = readProgram): NativeView => {
  if (platform === "darwin") {
    const text = read("system_profiler", ["SPDisplaysDataType", "-json"]);
    return { gpus: text === null ? [] : parseMacGpus(text), processes: [] };
  }
  const gpus = read("nvidia-smi", [`--query-gpu=${NVIDIA_FIELDS}`, "--format=csv,noheader,nounits"]);
  if (gpus === null) return { gpus: [], processes: [] };
  return { gpus: parseNvidiaGpus(gpus), processes: parseNvidiaProcesses(read("nvidia-smi", ["-q", "-d", "PIDS"]) ?? "") };
};
