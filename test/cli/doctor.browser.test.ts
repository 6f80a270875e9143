import { describe, expect, it, vi } from "vitest";
import type { Examination } from "../../cli/commands/doctor.ts";
import { main } from "../../cli/main.ts";
import { browser, leftBehind } from "../driver/the-browser.ts";
import { terminal } from "./terminal.ts";

const doctor = async (...args: string[]) => {
  const { io, written } = terminal({ env: process.env });
  return { code: await main(["doctor", ...args], io), ...written };
};

describe("doctor", () => {
  it("names browser, adapter, features, limits and every flag that weakens the browser", async () => {
    const { code, out, err } = await doctor("--software");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(browser.path);
    expect(out).toMatch(/google swiftshader, SwiftShader Device \(\w+\) \(software, not a GPU/);
    expect(out).toMatch(/features {2}timestamp-query, (no )?shader-f16/);
    expect(out).toMatch(/limits {4}maxBufferSize [\d.]+ \wi?B, maxStorageBufferBindingSize/);
    expect(out).toContain("Bench would measure: SwiftShader (software): not a GPU, a check of the pipeline");
    expect(out).toMatch(/clocks: GPU timestamps in steps of [\d.]+ \S+, the page's in steps of [\d.]+ \S+/);
    expect(out).toMatch(/--enable-unsafe-webgpu\n {4}experimental WebGPU/);
    expect(leftBehind()).toEqual({ folders: [], processes: [] });
  });

  it("says the same as JSON", async () => {
    const { code, out } = await doctor("--software", "--json");
    const examination = JSON.parse(out) as Examination;
    expect(code).toBe(0);
    expect(examination).toMatchObject({ can_bench: true, browser: { path: browser.path }, device: { is_gpu: false }, problems: [] });
    expect(examination.launch_flags).toEqual(expect.arrayContaining(examination.weakening_flags.map(({ flag }) => flag)));
  });

  it("ends with 1 and the reason where bench cannot run", async () => {
    const { code, out, err } = await doctor("--browser", "/nowhere/chrome");
    expect({ code, err }).toEqual({ code: 1, err: "doctor: bench cannot run here. What is missing is named above.\n" });
    expect(out.slice(out.indexOf("Missing:"))).toMatchInlineSnapshot(`
      "Missing: --browser: expected the path of a browser's executable file, got /nowhere/chrome.
        Correct the path, or leave it out to search.
      "
    `);
  });

  it("ends with 1 and the reason where the GPU that is asked for is not there", async () => {
    const { code, out } = await doctor("--gpu", "no such GPU", "--json");
    const { can_bench, problems } = JSON.parse(out) as Examination;
    expect({ code, can_bench }).toEqual({ code: 1, can_bench: false });
    expect(problems[0]?.problem).toMatch(/^--gpu: expected a GPU whose name contains "no such GPU", WebGPU gave/);
  });

  it.runIf(process.platform === "linux")(
    "says which Vulkan driver is named, and what the browser says of graphics, where no GPU is reached",
    async () => {
      vi.stubEnv("VK_DRIVER_FILES", "/nowhere/nvidia_icd.json");
      const { code, out } = await doctor("--gpu", "H200");
      vi.unstubAllEnvs();
      expect(code).toBe(1);
      expect(out).toContain("/nowhere/nvidia_icd.json: cannot be read as a driver's manifest");
      expect(out).toMatch(/What the browser says of graphics:\n {2}.*(Vulkan|VK_)/);
      expect(leftBehind()).toEqual({ folders: [], processes: [] });
    },
  );
});
