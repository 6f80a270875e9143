import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { launchLine, withDriverCache, type AdapterWish, type LaunchHost } from "../../../harness/driver/browser/launch-flags.ts";
import { runs } from "../../runs.ts";

const ample = Number.POSITIVE_INFINITY;
const linux: LaunchHost = { platform: "linux", isRoot: false, sharedMemoryBytes: ample };

const wishes = fc.constantFrom<AdapterWish>("discrete", "integrated", "any", "beside-software", "through-egl", "software");
const conditions = fc.constantFrom("web" as const, "native-like" as const);
const hosts = fc.record({
  platform: fc.constantFrom<NodeJS.Platform>("linux", "darwin", "win32"),
  isRoot: fc.boolean(),
  sharedMemoryBytes: fc.constantFrom(0, 2 ** 26, 2 ** 34),
});

describe("the launch line", () => {
  it("for a discrete GPU on Linux", () => {
    expect(launchLine("discrete", "web", linux)).toMatchInlineSnapshot(`
      {
        "environment": {
          "MESA_SHADER_CACHE_DISABLE": "true",
          "__GL_SHADER_DISK_CACHE": "0",
        },
        "flags": [
          "--no-first-run",
          "--disable-search-engine-choice-screen",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--disable-background-timer-throttling",
          "--disable-renderer-backgrounding",
          "--disable-backgrounding-occluded-windows",
          "--enable-unsafe-webgpu",
          "--enable-webgpu-developer-features",
          "--disable-gpu-watchdog",
          "--ignore-gpu-blocklist",
          "--enable-features=Vulkan,VulkanFromANGLE,DefaultANGLEVulkan",
          "--use-angle=vulkan",
          "--disable-vulkan-surface",
          "--use-webgpu-power-preference=force-high-performance",
          "--enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
          "--disable-dawn-features=timestamp_quantization,tiered_adapter_limits",
        ],
        "toggles": [
          "allow_unsafe_apis",
          "vulkan_enable_f16_on_nvidia",
          "-timestamp_quantization",
          "-tiered_adapter_limits",
        ],
        "weakening": [
          {
            "flag": "--enable-unsafe-webgpu",
            "what": "experimental WebGPU is open to the page, on adapters that Chrome's blocklist refuses too",
          },
          {
            "flag": "--enable-webgpu-developer-features",
            "what": "the page may read the exact GPU, driver and memory sizes, and GPU timestamps at full precision",
          },
          {
            "flag": "--disable-gpu-watchdog",
            "what": "the browser does not end a GPU process that hangs (Ballast's own time limit does)",
          },
          {
            "flag": "--ignore-gpu-blocklist",
            "what": "drivers that Chrome knows to be faulty are used",
          },
          {
            "flag": "--enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
            "what": "unfinished WebGPU functions are open to the page",
          },
          {
            "flag": "--disable-dawn-features=timestamp_quantization,tiered_adapter_limits",
            "what": "GPU timestamps keep full precision, and limits their exact values",
          },
        ],
      }
    `);
  });

  it.each<[string, AdapterWish, LaunchHost, RegExp, boolean]>([
    ["Vulkan for a GPU on Linux", "any", linux, /--use-angle=vulkan/, true],
    ["no Vulkan on macOS", "any", { ...linux, platform: "darwin" }, /vulkan/i, false],
    ["no Vulkan on Windows", "discrete", { ...linux, platform: "win32" }, /vulkan/i, false],
    ["no Vulkan flags for software", "software", linux, /--use-angle|--enable-features/, false],
    ["SwiftShader for software", "software", linux, /--enable-unsafe-swiftshader/, true],
    ["no sandbox as root on Linux", "any", { ...linux, isRoot: true }, /--no-sandbox/, true],
    ["a sandbox for everyone else", "any", linux, /--no-sandbox/, false],
    ["/dev/shm where it is ample", "any", linux, /dev-shm/, false],
    ["no /dev/shm where it is small", "any", { ...linux, sharedMemoryBytes: 2 ** 26 }, /--disable-dev-shm-usage/, true],
    ["f16 on NVIDIA under Linux", "discrete", linux, /vulkan_enable_f16_on_nvidia/, true],
    ["EGL for drawing where Vulkan's surfaces are missing", "through-egl", linux, /--use-angle=gl-egl/, true],
    ["no Vulkan for drawing then", "through-egl", linux, /--use-angle=vulkan/, false],
  ])("has %s", (_, wish, host, flag, isThere) => {
    expect(launchLine(wish, "web", host).flags.some((one) => flag.test(one))).toBe(isThere);
  });

  it("never lets software stand in where a GPU is wanted", () => {
    fc.assert(
      fc.property(wishes, conditions, hosts, (wish, condition, host) => {
        const line = launchLine(wish, condition, host).flags.join(" ");
        expect(line.includes("swiftshader")).toBe(wish === "software");
      }),
      runs(50),
    );
  });

  it("has SwiftShader's driver beside the GPU's only where that is the detour", () => {
    const host: LaunchHost = { ...linux, driversBesideSoftware: { VK_ADD_DRIVER_FILES: "/browser/vk_swiftshader_icd.json" } };
    expect(launchLine("beside-software", "web", host).environment).toMatchObject({
      VK_ADD_DRIVER_FILES: "/browser/vk_swiftshader_icd.json",
    });
    expect(launchLine("any", "web", host).environment).not.toHaveProperty("VK_ADD_DRIVER_FILES");
  });

  it("gives each switch once, since Chromium takes only the last", () => {
    fc.assert(
      fc.property(wishes, conditions, hosts, (wish, condition, host) => {
        const names = launchLine(wish, condition, host).flags.map((flag) => flag.split("=")[0]);
        expect(new Set(names).size).toBe(names.length);
      }),
      runs(50),
    );
  });

  it("lists as weakening only flags that are given, and all that open the browser", () => {
    fc.assert(
      fc.property(wishes, conditions, hosts, (wish, condition, host) => {
        const { flags, weakening } = launchLine(wish, condition, host);
        const listed = weakening.map(({ flag }) => flag);
        expect(flags).toEqual(expect.arrayContaining(listed));
        expect(flags.filter((flag) => /unsafe|no-sandbox|ignore-gpu-blocklist/.test(flag)).every((flag) => listed.includes(flag))).toBe(
          true,
        );
      }),
      runs(50),
    );
  });

  it.each(["disable_robustness", "skip_validation", "disable_workgroup_init", "-lazy_clear_resource_on_first_use"])(
    "native-like asks for %s, web does not",
    (toggle) => {
      expect(launchLine("any", "native-like", linux).toggles).toContain(toggle);
      expect(launchLine("any", "web", linux).toggles).not.toContain(toggle);
    },
  );

  it("lets the driver keep its shaders in a folder where that was asked for, and nowhere else", () => {
    const line = launchLine("discrete", "web", linux);
    expect(withDriverCache(line, "/a/folder")).toEqual({
      ...line,
      environment: {
        __GL_SHADER_DISK_CACHE: "1",
        __GL_SHADER_DISK_CACHE_PATH: "/a/folder",
        MESA_SHADER_CACHE_DISABLE: "false",
        MESA_SHADER_CACHE_DIR: "/a/folder",
      },
    });
    const software = launchLine("software", "web", linux);
    expect(withDriverCache(software, "/a/folder")).toBe(software);
  });
});
