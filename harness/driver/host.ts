import { existsSync, readFileSync, readdirSync, realpathSync, statfsSync } from "node:fs";
import { cpus, homedir, release, totalmem, type } from "node:os";
import { dirname, join } from "node:path";
import { installPlan, type InstallHost, type InstallPlan } from "./browser/install-browser.ts";
import type { SearchPlaces } from "./browser/find-browser.ts";
import type { LaunchHost } from "./browser/launch-flags.ts";
import type { VulkanFiles } from "./browser/vulkan-drivers.ts";

const osRelease = (): string => {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
};

const isRoot = (): boolean => process.getuid?.() === 0;

const sharedMemoryBytes = (): number => {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
};

type Env = Readonly<Record<string, string | undefined>>;

/** What adds SwiftShader's Vulkan driver, which Chrome and Chromium bring along, to those that the loader finds or was told of. */
const driversBesideSoftware = (browser: string, env: Env): LaunchHost["driversBesideSoftware"] => {
  if (process.platform !== "linux" || !existsSync(browser)) return undefined;
  const driver = join(dirname(realpathSync(browser)), "vk_swiftshader_icd.json");
  if (!existsSync(driver)) return undefined;
  const named = env["VK_DRIVER_FILES"] ?? env["VK_ICD_FILENAMES"]; // where drivers are named, the loader adds none
  const added = env["VK_ADD_DRIVER_FILES"];
  return named === undefined
    ? { VK_ADD_DRIVER_FILES: added === undefined ? driver : `${added}:${driver}` }
    : { VK_DRIVER_FILES: `${named}:${driver}` };
};

/** This machine, as the choice of a launch line for a browser sees it. */
export const launchHost = (browser?: string, env: Env = process.env): LaunchHost => {
  const drivers = browser === undefined ? undefined : driversBesideSoftware(browser, env);
  return {
    platform: process.platform,
    isRoot: isRoot(),
    sharedMemoryBytes: sharedMemoryBytes(),
    ...(drivers === undefined ? {} : { driversBesideSoftware: drivers }),
  };
};

/** This machine, as the choice of an installer sees it. `BALLAST_NO_INSTALL=1` forbids installing. */
export const installHost = (env: Env): InstallHost => ({
  platform: process.platform,
  osRelease: osRelease(),
  isRoot: isRoot(),
  mayInstall: env["BALLAST_NO_INSTALL"] !== "1",
});

/** This machine's files, as the search for Vulkan drivers sees them. */
export const vulkanFiles: VulkanFiles = {
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  read: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return null;
    }
  },
  exists: existsSync,
};

/** How a browser would be installed on this machine. */
export const installPlanHere = (env: Env): InstallPlan => installPlan(installHost(env));

/** This machine, as the search for a browser sees it. */
export const searchPlaces = async (env: Env, given: string | undefined): Promise<SearchPlaces> => {
  const { default: puppeteer } = await import("puppeteer");
  return { platform: process.platform, env, home: homedir(), given, download: orUndefined(() => puppeteer.executablePath()) };
};

/** puppeteer throws where its download is absent, which is no error here. */
const orUndefined = (ask: () => string): string | undefined => {
  try {
    return ask();
  } catch {
    return undefined;
  }
};

/** What a profile says of the machine: nothing that names it. */
export const machineFacts = () => {
  const distribution = /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease())?.[1];
  const processors = cpus();
  return {
    os: `${distribution ?? type()} (${type()} ${release()})`,
    cpu: processors[0]?.model.trim() || process.arch,
    cpu_cores: Math.max(1, processors.length),
    memory_bytes: totalmem(),
    node: process.versions.node,
  };
};
