import { describe, expect, it } from "vitest";
import { engineCaveat } from "../../src/report/device-model-sentences.ts";
import { profileText } from "../../src/report/profile-text.ts";
import { conditionName, runtimeCaveatOrNull } from "../../src/report/runtime.ts";
import { deviceModel, gpuProfile } from "./samples.ts";

describe("what was measured outside of a browser", () => {
  it("is labelled before its first number", () => {
    const { environment } = gpuProfile();
    const text = profileText(
      gpuProfile({ runtime: "dawn", environment: { ...environment, browser: "Dawn in Node 24.0.0 (npm webgpu 0.6.2)" } }),
    );
    expect(text.split("\n\n")[0]?.replaceAll("\n", " ")).toBe(runtimeCaveatOrNull({ runtime: "dawn" }));
    expect(text).toContain("Dawn's own defaults, Dawn in Node 24.0.0 (npm webgpu 0.6.2)");
  });

  it("is never said to be a browser's", () => {
    expect(engineCaveat({ ...deviceModel(), runtime: "dawn" })).not.toContain("browser");
    expect(conditionName({ condition: "native-like", runtime: "dawn" })).not.toContain("browser");
  });

  it("is told from a browser's, and from an older device model, which does not say", () => {
    expect(runtimeCaveatOrNull({ runtime: "chrome" })).toBeNull();
    expect(runtimeCaveatOrNull({})).toBeNull();
    expect(conditionName({ condition: "web" })).toBe("the browser's own defaults");
  });
});
