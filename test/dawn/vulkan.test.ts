import { describe, expect, it } from "vitest";
import { vulkanEnvironment } from "../../harness/dawn/vulkan.ts";

const SYSTEM_LOADER = "/usr/lib/x86_64-linux-gnu/libvulkan.so.1";
const CHROME = ["/opt/google/chrome/libvulkan.so.1", "/opt/google/chrome/vk_swiftshader_icd.json"];
const LAVAPIPE = "/usr/share/vulkan/icd.d/lvp_icd.json";

/** A machine with these files; browsers lie where Chrome does. */
const environment = (isSoftware: boolean, files: readonly string[], libraryPath?: string, namedDrivers?: string) =>
  vulkanEnvironment(isSoftware, {
    browserFolders: async () => ["/opt/google/chrome"],
    exists: (path) => files.includes(path),
    libraryPath,
    namedDrivers,
  });

const swiftShader = { VK_DRIVER_FILES: CHROME[1], VK_ICD_FILENAMES: CHROME[1] };

describe("the way to Vulkan on Linux", () => {
  it.each<[string, boolean, string[], Record<string, string | undefined>]>([
    ["nothing for a GPU where the system has a loader", false, [SYSTEM_LOADER, ...CHROME], {}],
    ["a browser's loader for a GPU where the system has none", false, CHROME, { LD_LIBRARY_PATH: "/opt/google/chrome" }],
    ["a browser's SwiftShader for software", true, [SYSTEM_LOADER, LAVAPIPE, ...CHROME], swiftShader],
    ["both of a browser's where the system has nothing", true, CHROME, { LD_LIBRARY_PATH: "/opt/google/chrome", ...swiftShader }],
    [
      "lavapipe for software where there is no browser",
      true,
      [SYSTEM_LOADER, LAVAPIPE],
      { VK_DRIVER_FILES: LAVAPIPE, VK_ICD_FILENAMES: LAVAPIPE },
    ],
  ])("is %s", async (_, isSoftware, files, expected) => {
    expect(await environment(isSoftware, files)).toEqual(expected);
  });

  it("takes a loader from LD_LIBRARY_PATH, and keeps what else is there", async () => {
    expect(await environment(false, ["/own/libvulkan.so.1", ...CHROME], "/own")).toEqual({});
    expect(await environment(false, CHROME, "/own")).toEqual({ LD_LIBRARY_PATH: "/opt/google/chrome:/own" });
  });

  it("leaves software drivers that the user names as they are", async () => {
    expect(await environment(true, [SYSTEM_LOADER, LAVAPIPE, ...CHROME], undefined, "/own/lvp_icd.json")).toEqual({});
  });

  it("takes no driver of a GPU that the environment names for software", async () => {
    const named = "/usr/share/vulkan/icd.d/nvidia_icd.json:/own/lvp_icd.json";
    expect(await environment(true, [SYSTEM_LOADER, ...CHROME], undefined, named)).toEqual(swiftShader);
  });

  it("asks for no browser where it needs none", async () => {
    const never = () => Promise.reject(new Error("looked for a browser"));
    expect(
      await vulkanEnvironment(false, {
        browserFolders: never,
        exists: (path) => path === SYSTEM_LOADER,
        libraryPath: undefined,
        namedDrivers: undefined,
      }),
    ).toEqual({});
  });

  it("says what to install where a part is missing", async () => {
    const refusal = (isSoftware: boolean, files: string[]) => environment(isSoftware, files).catch((error: Error) => error.message);
    expect(await refusal(false, [])).toMatchInlineSnapshot(
      `"--runtime dawn: needs the Vulkan loader (libvulkan.so.1), and found none on this system. Install it (Debian, Ubuntu: libvulkan1; Fedora: vulkan-loader)."`,
    );
    expect(await refusal(true, [SYSTEM_LOADER])).toMatchInlineSnapshot(
      `"software adapter: found no Vulkan driver that computes on the CPU: neither SwiftShader beside a browser nor Mesa's lavapipe. Install lavapipe 25 or newer (Debian, Ubuntu: mesa-vulkan-drivers) or Chromium, whose folder holds SwiftShader."`,
    );
  });
});
