import { describe, expect, it } from "vitest";
import { nativeView, parseMacGpus, parseNvidiaGpus, parseNvidiaProcesses } from "../../../harness/driver/machine/system-gpu.ts";

const PROCESSES = `
==============NVSMI LOG==============
GPU 00000000:01:00.0
    Processes
        GPU instance ID                   : N/A
        Compute instance ID               : N/A
        Process ID                        : 1432
            Type                          : G
            Name                          : /usr/lib/xorg/Xorg
            Used GPU Memory               : 204 MiB
        GPU instance ID                   : N/A
        Compute instance ID               : N/A
        Process ID                        : 9001
            Type                          : C
            Name                          : python3
            Used GPU Memory               : N/A
`;

describe("nvidia-smi", () => {
  it("gives name, driver, memory and id of each GPU", () => {
    expect(parseNvidiaGpus("NVIDIA H200, 570.86.15, 143771, GPU-5f3a\nNVIDIA GeForce RTX 4050 Laptop GPU, 550.1, [N/A], [N/A]\n")).toEqual([
      { tool: "nvidia-smi", name: "NVIDIA H200", driver: "570.86.15", memoryBytes: 143771 * 2 ** 20, uuid: "GPU-5f3a" },
      { tool: "nvidia-smi", name: "NVIDIA GeForce RTX 4050 Laptop GPU", driver: "550.1", memoryBytes: null, uuid: null },
    ]);
  });

  it("names the processes on the GPU, drawing and computing alike", () => {
    expect(parseNvidiaProcesses(PROCESSES)).toEqual(["/usr/lib/xorg/Xorg (process 1432, 204 MiB)", "python3 (process 9001)"]);
  });

  it("finds none in a log without processes", () => {
    expect(parseNvidiaProcesses("GPU 00000000:01:00.0\n    Processes                             : None\n")).toEqual([]);
  });
});

describe("the system's own view", () => {
  it("is empty where no tool is", () => {
    expect(nativeView("linux", () => null)).toEqual({ gpus: [], processes: [] });
    expect(nativeView("darwin", () => null)).toEqual({ gpus: [], processes: [] });
  });

  it("asks system_profiler on macOS", () => {
    const text = JSON.stringify({ SPDisplaysDataType: [{ _name: "Apple M2", sppci_model: "Apple M2", sppci_cores: "10" }] });
    expect(nativeView("darwin", (program) => (program === "system_profiler" ? text : null)).gpus).toEqual([
      { tool: "system_profiler", name: "Apple M2", driver: "", memoryBytes: null, uuid: null },
    ]);
  });

  it("is empty on a Mac that lists no display hardware", () => {
    expect(parseMacGpus("{}")).toEqual([]);
  });
});
