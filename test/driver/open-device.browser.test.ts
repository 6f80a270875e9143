import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FoundBrowser } from "../../harness/driver/browser/find-browser.ts";
import { browserRuntime } from "../../harness/driver/browser/browser-runtime.ts";
import { launchHost } from "../../harness/driver/host.ts";
import { openDevice, reopenDevice, type DeviceRequest } from "../../harness/driver/open-device.ts";
import { serveSite, type Site } from "../../harness/driver/site/serve.ts";
import { freshFolder } from "../cli/folder.ts";
import { adapter, nativeH200 } from "./adapters.ts";
import { browser, leftBehind, pages, softwareLine, wrappedBrowser } from "./the-browser.ts";

const folder = freshFolder();
let site: Site;
beforeAll(async () => {
  site = await serveSite(pages.real);
});
afterAll(() => site.close());
afterEach(() => expect(leftBehind()).toEqual({ folders: [], processes: [] }));

/** What is asked for, of which browser, on which page. */
interface Fields extends Partial<Omit<DeviceRequest, "runtime" | "platform">> {
  readonly browser?: FoundBrowser;
  readonly url?: string;
}

const request = ({ browser: found = browser, url = site.url, ...fields }: Fields): DeviceRequest => ({
  runtime: browserRuntime({ browser: found, url, host: launchHost(), condition: "web" }),
  platform: process.platform,
  gpu: null,
  isSoftwareForced: false,
  natives: [],
  ...fields,
});

/** Why a device was not opened. */
const refusal = async (fields: Fields): Promise<string> => {
  const opened = await openDevice(request(fields)).catch((error: Error) => error);
  if (opened instanceof Error) return folder.text(opened.message).replace(/\w+\/\d+\.\d+\.\d+\.\d+/, "<version>");
  await opened.session.close();
  return `it opened ${opened.verdict.device}`;
};

/** A browser that hands out its software adapter whatever it is asked for, as Chrome does on many a misconfigured machine. */
const softwareOnly = (): FoundBrowser =>
  wrappedBrowser(folder.path, {
    dropped: ["--use-webgpu-power-preference"],
    added: ["--use-webgpu-adapter=swiftshader", "--enable-unsafe-swiftshader"],
  });

describe("opening the device to measure", () => {
  it("takes the software adapter when it is forced, without looking for a GPU", async () => {
    const tried: string[] = [];
    const device = await openDevice(request({ isSoftwareForced: true, natives: [nativeH200], onAttempt: (wish) => tried.push(wish) }));
    await device.session.close();
    expect(tried).toEqual(["software"]);
    expect(device.verdict).toMatchObject({ isGpu: false, device: "SwiftShader (software)", native: null });
  });

  it.each([
    ["a discrete GPU first, software last", { gpu: null, isSoftwareForced: false }, ["discrete", "any", "through-egl", "software"]],
    ["no software where a GPU was named", { gpu: "H200", isSoftwareForced: false }, ["discrete", "integrated", "any", "through-egl"]],
    ["software alone when it is forced", { gpu: null, isSoftwareForced: true }, ["software"]],
  ])("tries %s", (_, asked, expected) => {
    const { wishes } = browserRuntime({
      browser,
      url: "",
      host: { platform: "linux", isRoot: false, sharedMemoryBytes: 0 },
      condition: "web",
    });
    expect(wishes(asked.gpu, asked.isSoftwareForced)).toEqual(expected);
  });

  it("refuses software where a GPU was asked for", async () => {
    expect(await refusal({ browser: softwareOnly(), gpu: "H200" })).toMatchInlineSnapshot(
      `"--gpu: expected a GPU whose name contains "H200", WebGPU gave only google swiftshader, SwiftShader Device (Subzero) (software). On Linux the driver's Vulkan part is missing most often (an ICD file under /usr/share/vulkan/icd.d; in a container, the \`graphics\` driver capability): \`npm run doctor\` lists what is there. Repair that, or leave --gpu out."`,
    );
  });

  it("refuses software where the system lists a GPU, asked for or not", async () => {
    expect(await refusal({ browser: softwareOnly(), natives: [nativeH200] })).toMatchInlineSnapshot(
      `"gpu: nvidia-smi lists NVIDIA H200, and WebGPU gave only google swiftshader, SwiftShader Device (Subzero) (software). On Linux the driver's Vulkan part is missing most often (an ICD file under /usr/share/vulkan/icd.d; in a container, the \`graphics\` driver capability): \`npm run doctor\` lists what is there. Repair that, name another GPU with --gpu NAME, or check the pipeline without a GPU with --software."`,
    );
  });

  it("takes software where none was asked for and none is listed, even where it comes without being asked for", async () => {
    expect(await refusal({ browser: softwareOnly() })).toBe("it opened SwiftShader (software)");
  });

  it("says so where the browser gives no adapter at all", async () => {
    const none = wrappedBrowser(folder.path, { dropped: ["--enable-unsafe-", "--use-webgpu-adapter"] });
    expect(await refusal({ browser: none })).toMatchInlineSnapshot(
      `"<folder>/browser: the browser has WebGPU and gave no adapter, not even its software one. Run \`npm run doctor\`, update the browser (Chrome, Chromium or Edge), or name another with --browser PATH."`,
    );
  });

  it("says so where the browser has no WebGPU", async () => {
    const without = await serveSite(pages.withoutWebgpu);
    expect((await refusal({ url: without.url })).replace(browser.path, "<browser>")).toMatchInlineSnapshot(
      `"<browser>: the browser (<version>) has no WebGPU. Run \`npm run doctor\`, update the browser (Chrome, Chromium or Edge), or name another with --browser PATH."`,
    );
    await without.close();
  });

  it("refuses another adapter than before when it opens again", async () => {
    const before = { line: softwareLine, adapter: adapter({ vendor: "nvidia", architecture: "hopper", description: "NVIDIA H200" }) };
    const reopened = await reopenDevice(request({}), before).catch((error: Error) => error.message);
    expect(reopened).toMatchInlineSnapshot(
      `"gpu: the browser was started again and gave google swiftshader, SwiftShader Device (Subzero) (software) instead of nvidia hopper, NVIDIA H200. Run \`npm run doctor\`; when the GPU is back, a bench is continued by the same command with --resume."`,
    );
  });
});
