import { describe, expect, it } from "vitest";
import { datasheetOfOrNull, datasheetOrNull } from "../../src/profile/datasheet.ts";
import { gpuProfile, softwareProfile } from "../report/samples.ts";

describe("the datasheet of a GPU by its name", () => {
  it.each([
    ["NVIDIA H100 80GB HBM3", "H100 SXM"],
    ["NVIDIA H100 PCIe", "H100 PCIe"],
    ["NVIDIA H100 NVL", "H100 NVL"],
    ["NVIDIA H200", "H200 SXM"],
    ["NVIDIA H200 NVL", "H200 NVL"],
    ["NVIDIA A100-SXM4-40GB", "A100 40 GB"],
    ["NVIDIA A100-SXM4-80GB", "A100 SXM 80 GB"],
    ["NVIDIA A100 80GB PCIe", "A100 PCIe 80 GB"],
    ["NVIDIA A10", "A10"],
    ["NVIDIA L4", "L4"],
    ["NVIDIA L40S", "L40S"],
    ["Tesla T4", "T4"],
    ["Tesla V100-SXM2-16GB", "V100 SXM2"],
    ["NVIDIA GeForce RTX 3090", "GeForce RTX 3090"],
    ["NVIDIA GeForce RTX 4090", "GeForce RTX 4090"],
    ["NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "RTX PRO 6000 Blackwell Workstation"],
    ["AMD Instinct MI300X", "Instinct MI300X"],
    ["Apple M1", "Apple M1"],
    ["Apple M1 Max", "Apple M1 Max"],
    ["Apple M4 Pro", "Apple M4 Pro"],
  ])("%s", (name, gpu) => {
    expect(datasheetOrNull([name])?.gpu).toBe(gpu);
  });

  it.each([
    "NVIDIA A10G",
    "NVIDIA L40",
    "NVIDIA T400",
    "NVIDIA GeForce RTX 3090 Ti",
    "NVIDIA GeForce RTX 4090 D",
    "NVIDIA GeForce RTX 4090 Laptop GPU",
    "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition",
    "NVIDIA RTX PRO 6000 Blackwell Server Edition",
    "NVIDIA GH100",
    "Apple M3 Ultra",
    "Apple M5",
    "Intel(R) Arc(tm) A770 Graphics",
    "",
  ])("%s is unknown, rather than another's", (name) => {
    expect(datasheetOrNull([name])).toBeNull();
  });

  it("prefers what the system's tool says, and is never that of a software adapter", () => {
    const { environment } = gpuProfile();
    const native = { tool: "nvidia-smi", name: "NVIDIA L4", driver: "1", memory_bytes: null };
    expect(datasheetOfOrNull(gpuProfile({ environment: { ...environment, native } }))?.memory).toBe(300e9);
    expect(datasheetOfOrNull(gpuProfile())).toBeNull();
    expect(datasheetOfOrNull({ ...softwareProfile(), device: "NVIDIA L4" })).toBeNull();
  });
});
