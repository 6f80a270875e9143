import type { Condition } from "../../src/profile/schema.ts";

/**
 * Which adapter the browser is to hand out. Chrome has no switch for "the second GPU": a discrete one and an integrated one are
 * told apart by power preference, and with `discrete` the browser gives no adapter at all rather than another kind.
 */
export type AdapterWish = "discrete" | "integrated" | "any" | "software";

export interface LaunchHost {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** Bytes free in /dev/shm; uploads travel through it. Infinity where there is no such folder. */
  readonly sharedMemoryBytes: number;
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
  const toggles = [TOGGLES.always, ...(isLinuxGpu ? [TOGGLES.linuxGpu] : []), TOGGLES[condition]];
  const enabled = toggles.flatMap(({ enable }) => enable);
  const disabled = toggles.flatMap(({ disable }) => disable);
  const preference = { discrete: "force-high-performance", integrated: "force-low-power", any: null, software: null }[wish];
  const flags: readonly Flag[] = [
    ...BASE,
    ...(isSoftware ? SOFTWARE : GPU),
    ...(isLinuxGpu ? GPU_LINUX : []),
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
    toggles: [...enabled, ...disabled.map((name) => `-${name}`)],
    environment: isLinuxGpu ? { __GL_SHADER_DISK_CACHE: "0" } : {},
    weakening: flags.flatMap(({ flag, weakens }) => (weakens === undefined ? [] : [{ flag, what: weakens }])),
  };
};
