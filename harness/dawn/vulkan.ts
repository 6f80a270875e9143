import { posix } from "node:path";
import { InputError } from "../../src/errors.ts";

/** Where Vulkan's parts may lie on a Linux machine; questions about files are handed in. */
export interface VulkanPlaces {
  /** Folders of installed browsers: Chrome and Chromium bring a Vulkan loader and SwiftShader along. Asked for only where they are needed. */
  readonly browserFolders: () => Promise<readonly string[]>;
  readonly exists: (path: string) => boolean;
  readonly libraryPath: string | undefined;
  /** Vulkan drivers that the user names in the environment (VK_DRIVER_FILES, VK_ICD_FILENAMES); undefined where none are named. */
  readonly namedDrivers: string | undefined;
}

const LOADER = "libvulkan.so.1";
/** Where the system's dynamic linker looks: Debian's and Ubuntu's folders, then those of everyone else. */
const LIBRARY_FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"];
const SWIFTSHADER = "vk_swiftshader_icd.json";
const ICD_FOLDERS = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
const LAVAPIPE = ["lvp_icd.json", "lvp_icd.x86_64.json", "lvp_icd.aarch64.json"];

const pathsIn = (folders: readonly string[], names: readonly string[]): string[] =>
  folders.flatMap((folder) => names.map((name) => posix.join(folder, name)));

/** What lets Dawn find Vulkan's loader: nothing where the system has one, else the one that a browser brought along. */
const loaderEnvironment = async ({ browserFolders, exists, libraryPath }: VulkanPlaces): Promise<Record<string, string>> => {
  const given = (libraryPath ?? "").split(":").filter((folder) => folder !== "");
  if (pathsIn([...given, ...LIBRARY_FOLDERS], [LOADER]).some(exists)) return {};
  const folder = (await browserFolders()).find((folder) => exists(posix.join(folder, LOADER)));
  if (folder === undefined) {
    throw new InputError(
      "--runtime dawn",
      `needs the Vulkan loader (${LOADER}), and found none on this system`,
      "Install it (Debian, Ubuntu: libvulkan1; Fedora: vulkan-loader).",
    );
  }
  return { LD_LIBRARY_PATH: [folder, ...given].join(":") };
};

/** What makes a software driver the only one: those that the user names, where all are of this kind, else SwiftShader as a browser brought it, else Mesa's lavapipe. */
const softwareDriver = async ({ browserFolders, exists, namedDrivers }: VulkanPlaces): Promise<Record<string, string>> => {
  const named = (namedDrivers ?? "").split(":").filter((path) => path !== "");
  if (named.length > 0 && named.every((path) => [SWIFTSHADER, ...LAVAPIPE].includes(posix.basename(path)))) return {};
  const found = pathsIn(await browserFolders(), [SWIFTSHADER]).find(exists) ?? pathsIn(ICD_FOLDERS, LAVAPIPE).find(exists);
  if (found === undefined) {
    throw new InputError(
      "software adapter",
      "found no Vulkan driver that computes on the CPU: neither SwiftShader beside a browser nor Mesa's lavapipe",
      "Install lavapipe 25 or newer (Debian, Ubuntu: mesa-vulkan-drivers) or Chromium, whose folder holds SwiftShader.",
    );
  }
  // Newer loaders read the first name only where it is set, older ones know the second alone.
  return { VK_DRIVER_FILES: found, VK_ICD_FILENAMES: found };
};

/**
 * Environment in which Dawn reaches Vulkan on Linux.
 *
 * @throws InputError where a part of it is missing
 */
export const vulkanEnvironment = async (isSoftware: boolean, places: VulkanPlaces): Promise<Readonly<Record<string, string>>> => ({
  ...(await loaderEnvironment(places)),
  ...(isSoftware ? await softwareDriver(places) : {}),
});
