import { readFileSync, statfsSync } from "node:fs";
import { cpus, homedir, release, totalmem, type } from "node:os";
import { installPlan, type InstallHost, type InstallPlan } from "./install-browser.ts";
import type { SearchPlaces } from "./find-browser.ts";
import type { LaunchHost } from "./launch-flags.ts";

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

/** This machine, as the choice of a launch line sees it. */
export const launchHost = (): LaunchHost => ({ platform: process.platform, isRoot: isRoot(), sharedMemoryBytes: sharedMemoryBytes() });

/** This machine, as the choice of an installer sees it. `BALLAST_NO_INSTALL=1` forbids installing. */
export const installHost = (env: Env): InstallHost => ({
  platform: process.platform,
  osRelease: osRelease(),
  isRoot: isRoot(),
  mayInstall: env["BALLAST_NO_INSTALL"] !== "1",
});

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
