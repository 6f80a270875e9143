import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { InputError } from "../../src/errors.ts";
import type { Condition } from "../../src/profile/schema.ts";
import { fileProbe } from "../driver/browser/file-probe.ts";
import { browserCandidates } from "../driver/browser/find-browser.ts";
import { searchPlaces } from "../driver/host.ts";
import { dawnToggles, NO_DRIVER_CACHE, type AdapterWish, type LaunchLine } from "../driver/browser/launch-flags.ts";
import type { Runtime } from "../driver/runtime.ts";
import { findDawn } from "./dawn-package.ts";
import { openDawnSession } from "./session.ts";
import { vulkanEnvironment, type VulkanPlaces } from "./vulkan.ts";

export interface DawnRuntime {
  /** The built program that holds Dawn. */
  readonly program: string;
  readonly condition: Condition;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const BACKENDS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "metal", win32: "d3d12" };
/** Windows' own software renderer, as Direct3D names it. */
const WARP = "Microsoft Basic Render Driver";

/** Folders that browsers lie in. None is started or installed. */
const browserFolders = async (env: DawnRuntime["env"]): Promise<string[]> =>
  [env["BALLAST_BROWSER"] ?? "", ...browserCandidates(await searchPlaces(env, undefined)).map(({ path }) => path)]
    .filter((path) => existsSync(path))
    .map((path) => dirname(fileProbe.realPath(path)));

/** How Dawn is started for a wish: options of the package's `create`, and the process's environment. */
export const dawnLine = async (
  wish: AdapterWish,
  gpu: string | null,
  { condition, platform }: Pick<DawnRuntime, "condition" | "platform">,
  places: VulkanPlaces,
): Promise<LaunchLine> => {
  const isSoftware = wish === "software";
  const isLinuxGpu = platform === "linux" && !isSoftware;
  if (isSoftware && platform === "darwin") {
    throw new InputError(
      "--software",
      "Dawn in Node has no software adapter on macOS",
      "Leave --software out, or measure in a browser with --runtime chrome.",
    );
  }
  const { enabled, disabled, names } = dawnToggles(isLinuxGpu, condition);
  const adapter = isSoftware && platform === "win32" ? WARP : isSoftware ? null : gpu;
  return {
    flags: [
      `backend=${BACKENDS[platform] ?? "vulkan"}`,
      `enable-dawn-features=${enabled.join(",")}`,
      `disable-dawn-features=${disabled.join(",")}`,
      ...(adapter === null ? [] : [`adapter=${adapter}`]),
    ],
    toggles: names,
    environment: {
      ...(isLinuxGpu ? NO_DRIVER_CACHE : {}),
      ...(platform === "linux" ? await vulkanEnvironment(isSoftware, places) : {}),
    },
    weakening: [],
  };
};

/**
 * Dawn in Node, for machines on which no browser can run: the same `harness/measure` on the implementation of WebGPU that Chrome has, without
 * the browser around it. Each session is a process of its own.
 *
 * @throws InputError where the npm package is not installed
 */
export const dawnRuntime = (options: DawnRuntime): Runtime => {
  const { program, env } = options;
  const dawn = findDawn();
  const places: VulkanPlaces = {
    browserFolders: () => browserFolders(env),
    exists: existsSync,
    libraryPath: env["LD_LIBRARY_PATH"],
    namedDrivers: [env["VK_DRIVER_FILES"], env["VK_ICD_FILENAMES"]].find((named) => named), // "" names none
  };
  return {
    kind: "dawn",
    place: "Dawn in Node",
    name: "Dawn",
    repair: "Run `npm run doctor -- --runtime dawn`, or measure in a browser with --runtime chrome.",
    // A GPU is chosen by name; without one Dawn puts discrete GPUs first.
    wishes: (gpu, isSoftwareForced) => (isSoftwareForced ? ["software"] : gpu === null ? ["any", "software"] : ["any"]),
    line: (wish, gpu) => dawnLine(wish, gpu, options, places),
    open: (line, start) => openDawnSession({ dawn, program, line, ...start }),
  };
};
