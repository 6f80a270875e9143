import type { Condition } from "../../../src/profile/schema.ts";

/**
 * Which adapter the browser is to hand out. Chrome has no switch for "the second GPU": a discrete one and an integrated one are
 * told apart by power preference, and with `discrete` the browser gives no adapter at all rather than another kind.
 */
export type AdapterWish = "discrete" | "integrated" | "any" | Detour | "software";

/**
 * Other ways to any GPU on Linux, for Vulkan drivers without the window surfaces that Chrome's own drawing asks for even where there is
 * no screen: `beside-software` has SwiftShader's driver loaded beside the GPU's, which offers them; `through-egl` lets Chrome draw by
 * EGL and leaves Vulkan to WebGPU.
 */
export type Detour = "beside-software" | "through-egl";

/** A detour as a sentence beside the numbers that it led to; null for every other wish. */
export const detourNote = (wish: AdapterWish): string | null => {
  switch (wish) {
    case "beside-software":
      return "The GPU's Vulkan driver did not suit the browser alone: SwiftShader's was loaded beside it, and measures nothing.";
    case "through-egl":
      return "The GPU's Vulkan driver did not suit the browser's own drawing: that went through EGL, WebGPU through Vulkan.";
    default:
      return null;
  }
};

export interface LaunchHost {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** Bytes free in /dev/shm; uploads travel through it. Infinity where there is no such folder. */
  readonly sharedMemoryBytes: number;
  /** What names Vulkan drivers to the browser, SwiftShader's among them; absent where the browser does not bring it. */
  readonly driversBesideSoftware?: Readonly<Record<string, string>>;
}

/** A browser's command line, as far as Ballast decides it, and what it does to the browser's safety. */
export interface LaunchLine {
  readonly flags: readonly string[];
  /** Dawn's toggles asked for; `-name` is one switched off. */
  readonly toggles: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Flags that weaken the browser, and how. It opens one page, from loopback, in a profile of its own. */
  readonly weakening: readonly { readonly flag: string; readonly what: string }[];
}

interface Flag {
  readonly flag: string;
  /** How it weakens the browser, where it does. */
  readonly weakens?: string;
}

const SMALL_SHARED_MEMORY_BYTES = 2 ** 30;

const BASE: readonly Flag[] = [
  { flag: "--no-first-run" },
  { flag: "--disable-search-engine-choice-screen" },
  { flag: "--disable-background-networking" },
  { flag: "--disable-component-update" },
  { flag: "--disable-sync" },
  { flag: "--disable-background-timer-throttling" },
  { flag: "--disable-renderer-backgrounding" },
  { flag: "--disable-backgrounding-occluded-windows" },
  { flag: "--enable-unsafe-webgpu", weakens: "experimental WebGPU is open to the page, on adapters that Chrome's blocklist refuses too" },
  {
    flag: "--enable-webgpu-developer-features",
    weakens: "the page may read the exact GPU, driver and memory sizes, and GPU timestamps at full precision",
  },
  { flag: "--disable-gpu-watchdog", weakens: "the browser does not end a GPU process that hangs (Ballast's own time limit does)" },
];

const GPU: readonly Flag[] = [{ flag: "--ignore-gpu-blocklist", weakens: "drivers that Chrome knows to be faulty are used" }];

/** Without Chrome's own drawing on Vulkan, WebGPU falls to OpenGL ES or to software on Linux. */
const GPU_LINUX: readonly Flag[] = [
  { flag: "--enable-features=Vulkan,VulkanFromANGLE,DefaultANGLEVulkan" },
  { flag: "--use-angle=vulkan" },
  { flag: "--disable-vulkan-surface" },
];

/** As above, with Chrome's own drawing on EGL. */
const GPU_LINUX_EGL: readonly Flag[] = [
  { flag: "--enable-features=Vulkan" },
  { flag: "--use-gl=angle" },
  { flag: "--use-angle=gl-egl" },
  { flag: "--disable-vulkan-surface" },
];

const SOFTWARE: readonly Flag[] = [
  { flag: "--use-webgpu-adapter=swiftshader" },
  { flag: "--enable-unsafe-swiftshader", weakens: "the software adapter runs a page's shaders as machine code on the CPU" },
];

const NO_SANDBOX: Flag = {
  flag: "--no-sandbox",
  weakens: "pages run outside the system's sandbox (Chromium does not start as root otherwise)",
};

/** Dawn's names: `enable`d and `disable`d toggles. f16 on NVIDIA's Vulkan driver is hidden without its toggle. */
const TOGGLES = {
  always: { enable: ["allow_unsafe_apis"], disable: ["timestamp_quantization", "tiered_adapter_limits"] },
  linuxGpu: { enable: ["vulkan_enable_f16_on_nvidia"], disable: [] },
  "native-like": {
    enable: ["disable_robustness", "skip_validation", "disable_workgroup_init", "disable_lazy_clear_for_mapped_at_creation_buffer"],
    disable: ["lazy_clear_resource_on_first_use"],
  },
  web: { enable: [], disable: [] },
} as const;

/** Dawn's toggles for a condition, in a browser and in Node alike; `names` are those of `LaunchLine.toggles`. */
export const dawnToggles = (isLinuxGpu: boolean, condition: Condition) => {
  const toggles = [TOGGLES.always, ...(isLinuxGpu ? [TOGGLES.linuxGpu] : []), TOGGLES[condition]];
  const enabled: readonly string[] = toggles.flatMap(({ enable }) => enable);
  const disabled: readonly string[] = toggles.flatMap(({ disable }) => disable);
  return { enabled, disabled, names: [...enabled, ...disabled.map((name) => `-${name}`)] };
};

/** NVIDIA's and Mesa's own caches of compiled shaders outlive the browser's profile: off, so that no run warms the next. */
export const NO_DRIVER_CACHE = { __GL_SHADER_DISK_CACHE: "0", MESA_SHADER_CACHE_DISABLE: "true" };

const NATIVE_LIKE_WEAKENS = "shaders may read and write outside their buffers, and calls are not checked";

/**
 * The browser's launch line for an adapter and a condition.
 *
 * Chromium takes only the last `--enable-dawn-features` (and `--enable-features`), so there is one of each. Unknown toggles are
 * ignored by it without a word: what was asked for is recorded, what came of it is read back from the adapter.
 */
export const launchLine = (wish: AdapterWish, condition: Condition, host: LaunchHost): LaunchLine => {
  const isSoftware = wish === "software";
  const isLinuxGpu = host.platform === "linux" && !isSoftware;
  const { enabled, disabled, names } = dawnToggles(isLinuxGpu, condition);
  const preference = wish === "discrete" ? "force-high-performance" : wish === "integrated" ? "force-low-power" : null;
  const flags: readonly Flag[] = [
    ...BASE,
    ...(isSoftware ? SOFTWARE : GPU),
    ...(!isLinuxGpu ? [] : wish === "through-egl" ? GPU_LINUX_EGL : GPU_LINUX),
    ...(preference === null ? [] : [{ flag: `--use-webgpu-power-preference=${preference}` }]),
    ...(host.isRoot && host.platform === "linux" ? [NO_SANDBOX] : []),
    ...(host.sharedMemoryBytes < SMALL_SHARED_MEMORY_BYTES ? [{ flag: "--disable-dev-shm-usage" }] : []),
    {
      flag: `--enable-dawn-features=${enabled.join(",")}`,
      weakens: `unfinished WebGPU functions are open to the page${condition === "native-like" ? `; ${NATIVE_LIKE_WEAKENS}` : ""}`,
    },
    { flag: `--disable-dawn-features=${disabled.join(",")}`, weakens: "GPU timestamps keep full precision, and limits their exact values" },
  ];
  return {
    flags: flags.map(({ flag }) => flag),
    toggles: names,
    environment: { ...(isLinuxGpu ? NO_DRIVER_CACHE : {}), ...(wish === "beside-software" ? host.driversBesideSoftware : {}) },
    weakening: flags.flatMap(({ flag, weakens }) => (weakens === undefined ? [] : [{ flag, what: weakens }])),
  };
};

/** The same line with the driver's cache of compiled shaders in a folder, where the driver lets itself be told one; else the line as it is. */
export const withDriverCache = (line: LaunchLine, folder: string): LaunchLine =>
  "__GL_SHADER_DISK_CACHE" in line.environment
    ? {
        ...line,
        environment: {
          ...line.environment,
          __GL_SHADER_DISK_CACHE: "1",
          __GL_SHADER_DISK_CACHE_PATH: folder,
          MESA_SHADER_CACHE_DISABLE: "false",
          MESA_SHADER_CACHE_DIR: folder,
        },
      }
    : line;
