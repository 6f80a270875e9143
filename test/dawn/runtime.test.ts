import { describe, expect, it } from "vitest";
import { dawnLine } from "../../harness/dawn/runtime.ts";
import { launchLine } from "../../harness/driver/browser/launch-flags.ts";
import type { VulkanPlaces } from "../../harness/dawn/vulkan.ts";

const places: VulkanPlaces = {
  browserFolders: async () => [],
  exists: (path) => /libvulkan|lvp_icd\.json/.test(path),
  libraryPath: undefined,
  namedDrivers: undefined,
};

describe("how Dawn is started", () => {
  it.each(["web", "native-like"] as const)("asks for the same toggles as a browser in the condition %s", async (condition) => {
    const browser = launchLine("any", condition, { platform: "linux", isRoot: false, sharedMemoryBytes: Infinity });
    const { toggles, environment, flags } = await dawnLine("any", null, { condition, platform: "linux" }, places);
    expect(toggles).toEqual(browser.toggles);
    expect(environment).toEqual(browser.environment);
    const features = flags.flatMap((flag) => flag.split("=")[1]?.split(",") ?? []);
    expect(features).toEqual(expect.arrayContaining(toggles.map((name) => name.replace(/^-/, ""))));
  });

  it.each([
    ["linux", "any", "H100", ["backend=vulkan", "adapter=H100"]],
    ["linux", "software", null, ["backend=vulkan"]],
    ["darwin", "any", null, ["backend=metal"]],
    ["win32", "any", null, ["backend=d3d12"]],
    ["win32", "software", null, ["backend=d3d12", "adapter=Microsoft Basic Render Driver"]],
  ] as const)("on %s takes the system's own backend for the wish %s", async (platform, wish, gpu, expected) => {
    const { flags } = await dawnLine(wish, gpu, { condition: "web", platform }, places);
    expect(flags.filter((flag) => !flag.includes("dawn-features"))).toEqual(expected);
  });

  it("says that macOS has no software adapter for it", async () => {
    const refused = await dawnLine("software", null, { condition: "web", platform: "darwin" }, places).catch(
      (error: Error) => error.message,
    );
    expect(refused).toMatchInlineSnapshot(
      `"--software: Dawn in Node has no software adapter on macOS. Leave --software out, or measure in a browser with --runtime chrome."`,
    );
  });
});
