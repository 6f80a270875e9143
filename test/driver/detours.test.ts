import { describe, expect, it } from "vitest";
import { browserRuntime } from "../../harness/driver/browser/browser-runtime.ts";
import type { AdapterWish } from "../../harness/driver/browser/launch-flags.ts";
import { openDevice } from "../../harness/driver/open-device.ts";
import type { Runtime } from "../../harness/driver/runtime.ts";
import type { Session } from "../../harness/driver/session.ts";
import type { Adapter } from "../../src/profile/schema.ts";
import { adapter, nativeH200 } from "./adapters.ts";

const h200 = adapter({ vendor: "nvidia", architecture: "hopper", description: "NVIDIA H200" });

const sessionWith = (found: Adapter | null): Session => ({
  pid: 0,
  version: "Chrome/0",
  flags: [],
  startTime: 0,
  systemGpus: async () => [],
  describe: async () => (found === null ? { kind: "no-adapter" } : { kind: "adapter", adapter: found }),
  run: () => Promise.reject(new Error("nothing is measured here")),
  runTogether: () => Promise.reject(new Error("nothing is measured here")),
  close: async () => {},
});

/** A Chromium on Linux whose GPU is reached only by one of its launch lines. */
const reachedBy = (way: AdapterWish | null): Runtime => {
  const runtime = browserRuntime({
    browser: { path: "/opt/chrome", source: "--browser" },
    url: "",
    host: { platform: "linux", isRoot: false, sharedMemoryBytes: 0, driversBesideSoftware: { VK_ADD_DRIVER_FILES: "/opt/sw.json" } },
    condition: "web",
  });
  let asked: AdapterWish | null = null;
  return {
    ...runtime,
    line: (wish, gpu) => {
      asked = wish;
      return runtime.line(wish, gpu);
    },
    open: async () => sessionWith(asked === way ? h200 : null),
  };
};

/** The launch lines tried, and what came of them. */
const opening = async (way: AdapterWish | null, natives: readonly (typeof nativeH200)[], gpu: string | null = null) => {
  const tried: AdapterWish[] = [];
  const runtime = reachedBy(way);
  const end = await openDevice({
    runtime,
    platform: "linux",
    gpu,
    isSoftwareForced: false,
    natives,
    onAttempt: (wish) => tried.push(wish),
  }).then(
    ({ verdict }) => verdict.notes,
    (error: Error) => error.message.replace(/\. .*/, ""),
  );
  return { tried, end };
};

describe("a GPU whose Vulkan driver has no window surfaces", () => {
  it("is reached with SwiftShader's driver beside it, and a note says so", async () => {
    expect(await opening("beside-software", [nativeH200])).toMatchInlineSnapshot(`
      {
        "end": [
          "The GPU's Vulkan driver did not suit the browser alone: SwiftShader's was loaded beside it, and measures nothing.",
        ],
        "tried": [
          "discrete",
          "any",
          "beside-software",
        ],
      }
    `);
  });

  it("is reached by EGL where that fails too, and a note says so", async () => {
    expect(await opening("through-egl", [nativeH200])).toMatchInlineSnapshot(`
      {
        "end": [
          "The GPU's Vulkan driver did not suit the browser's own drawing: that went through EGL, WebGPU through Vulkan.",
        ],
        "tried": [
          "discrete",
          "any",
          "beside-software",
          "through-egl",
        ],
      }
    `);
  });

  it("is reached by either where the user named it, though no tool of the system lists it", async () => {
    expect(await opening("through-egl", [], "h200")).toMatchInlineSnapshot(`
      {
        "end": [
          "The GPU's Vulkan driver did not suit the browser's own drawing: that went through EGL, WebGPU through Vulkan.",
        ],
        "tried": [
          "discrete",
          "integrated",
          "any",
          "beside-software",
          "through-egl",
        ],
      }
    `);
  });

  it("costs a machine without a GPU no browser start", async () => {
    expect((await opening(null, [])).tried).toEqual(["discrete", "any", "software"]);
  });

  it("is refused in the same words when no way leads to it", async () => {
    expect(await opening(null, [nativeH200])).toMatchInlineSnapshot(`
      {
        "end": "gpu: nvidia-smi lists NVIDIA H200, and WebGPU gave no adapter at all",
        "tried": [
          "discrete",
          "any",
          "beside-software",
          "through-egl",
        ],
      }
    `);
  });

  it("has no note where the first way leads to it", async () => {
    expect(await opening("discrete", [nativeH200])).toEqual({ tried: ["discrete"], end: [] });
  });
});
