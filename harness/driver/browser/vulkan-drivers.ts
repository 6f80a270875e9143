import { posix } from "node:path";

/** A Vulkan driver as its manifest names it, and whether its library is where the dynamic linker would look. */
export interface VulkanDriver {
  /** The manifest: an ICD file. */
  readonly manifest: string;
  /** As the manifest has it: a path, or a name for the dynamic linker; null where the file could not be read as a manifest. */
  readonly library: string | null;
  readonly isFound: boolean;
}

/** The questions about files that the search asks; handed in, so that the search is a table of cases in tests. */
export interface VulkanFiles {
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
  /** Text of a file; null where it cannot be read. */
  read(path: string): string | null;
  exists(path: string): boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Where the Vulkan loader looks for manifests on Linux, beside what the environment names. */
const MANIFEST_FOLDERS = ["/etc/vulkan/icd.d", "/usr/local/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"];
/** Where the dynamic linker looks: Debian's and Ubuntu's folders, then those of everyone else. */
const LIBRARY_FOLDERS = [
  "/usr/lib/x86_64-linux-gnu",
  "/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/lib64",
  "/usr/lib",
  "/usr/local/lib",
];

const parts = (list: string | undefined): string[] => (list ?? "").split(":").filter((part) => part !== "");

const libraryOf = (text: string | null): string | null => {
  try {
    const { ICD } = JSON.parse(text ?? "") as { ICD?: { library_path?: unknown } };
    return typeof ICD?.library_path === "string" ? ICD.library_path : null;
  } catch {
    return null;
  }
};

/**
 * The Vulkan drivers that a Linux system's loader would find: those that VK_DRIVER_FILES or VK_ICD_FILENAMES name and no other, else those
 * of VK_ADD_DRIVER_FILES and of the system's folders.
 *
 * @see https://github.com/KhronosGroup/Vulkan-Loader/blob/main/docs/LoaderDriverInterface.md
 */
export const vulkanDrivers = (env: Env, files: VulkanFiles): VulkanDriver[] => {
  const inFolder = (folder: string) =>
    files
      .list(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => posix.join(folder, name));
  const named = parts(env["VK_DRIVER_FILES"] ?? env["VK_ICD_FILENAMES"]);
  const manifests = named.length > 0 ? named : [...parts(env["VK_ADD_DRIVER_FILES"]), ...MANIFEST_FOLDERS.flatMap(inFolder)];
  return [...new Set(manifests)].map((manifest) => {
    const library = libraryOf(files.read(manifest));
    const places =
      library === null
        ? []
        : library.includes("/")
          ? [posix.resolve(posix.dirname(manifest), library)]
          : [...parts(env["LD_LIBRARY_PATH"]), ...LIBRARY_FOLDERS].map((folder) => posix.join(folder, library));
    return { manifest, library, isFound: places.some((place) => files.exists(place)) };
  });
};
