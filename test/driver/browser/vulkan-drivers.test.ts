import { describe, expect, it } from "vitest";
import { vulkanDrivers } from "../../../harness/driver/browser/vulkan-drivers.ts";

/** A file system of files with their text. */
const filesOf = (texts: Readonly<Record<string, string>>) => ({
  list: (folder: string) => Object.keys(texts).flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [])),
  read: (path: string) => texts[path] ?? null,
  exists: (path: string) => path in texts,
});

const manifest = (library: string) =>
  JSON.stringify({ file_format_version: "1.0.1", ICD: { library_path: library, api_version: "1.4.303" } });
const nvidia = "/etc/vulkan/icd.d/nvidia_icd.json";

describe("the Vulkan drivers of a Linux machine", () => {
  it("are none where there is no manifest", () => {
    expect(vulkanDrivers({}, filesOf({ "/etc/vulkan/icd.d/readme.txt": "" }))).toEqual([]);
  });

  it.each([
    ["a library that is there", { [nvidia]: manifest("libGLX_nvidia.so.0"), "/usr/lib/x86_64-linux-gnu/libGLX_nvidia.so.0": "" }, {}, true],
    ["a library that is missing, as in a container without the graphics part", { [nvidia]: manifest("libGLX_nvidia.so.0") }, {}, false],
    [
      "a library where LD_LIBRARY_PATH says",
      { [nvidia]: manifest("libGLX_nvidia.so.0"), "/usr/local/nvidia/lib64/libGLX_nvidia.so.0": "" },
      { LD_LIBRARY_PATH: "/opt/lib:/usr/local/nvidia/lib64" },
      true,
    ],
    ["a library beside its manifest", { [nvidia]: manifest("./driver.so"), "/etc/vulkan/icd.d/driver.so": "" }, {}, true],
    ["a library by its whole path", { [nvidia]: manifest("/opt/driver.so"), "/opt/driver.so": "" }, {}, true],
  ])("%s", (_, texts, env, isFound) => {
    expect(vulkanDrivers(env, filesOf(texts as Record<string, string>))).toEqual([
      { manifest: nvidia, library: expect.stringContaining(".so") as string, isFound },
    ]);
  });

  it("a manifest that is none is named, without a library", () => {
    expect(vulkanDrivers({}, filesOf({ [nvidia]: "{" }))).toEqual([{ manifest: nvidia, library: null, isFound: false }]);
  });

  const both = filesOf({ [nvidia]: manifest("/a.so"), "/a.so": "", "/sw.json": manifest("/b.so"), "/b.so": "" });

  it("are only those that the environment names, where it names some", () => {
    expect(vulkanDrivers({ VK_ICD_FILENAMES: "/sw.json" }, both).map(({ manifest: path }) => path)).toEqual(["/sw.json"]);
    expect(vulkanDrivers({ VK_DRIVER_FILES: "/sw.json", VK_ICD_FILENAMES: nvidia }, both).map(({ manifest: path }) => path)).toEqual([
      "/sw.json",
    ]);
  });

  it("are those that it adds, and the system's", () => {
    expect(vulkanDrivers({ VK_ADD_DRIVER_FILES: "/sw.json" }, both).map(({ manifest: path }) => path)).toEqual(["/sw.json", nvidia]);
  });
});
