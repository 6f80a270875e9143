import { InputError } from "../../src/errors.ts";
import type { Adapter, Condition } from "../../src/profile/schema.ts";
import type { FoundBrowser } from "./find-browser.ts";
import { adapterName, isAskedFor, isOfAnotherVendor, isSoftware, refusal, verdictOf, type SeenAdapter, type Verdict } from "./guard.ts";
import { launchLine, type AdapterWish, type LaunchHost, type LaunchLine } from "./launch-flags.ts";
import { openSession, type Session } from "./session.ts";
import type { NativeGpu } from "./system-gpu.ts";

/** Which device to open, in which browser, and what is known of the machine. */
export interface DeviceRequest {
  readonly browser: FoundBrowser;
  readonly url: string;
  readonly host: LaunchHost;
  readonly condition: Condition;
  /** `--gpu NAME`, or null */
  readonly gpu: string | null;
  /** `--software`: no GPU is looked for. */
  readonly isSoftwareForced: boolean;
  readonly natives: readonly NativeGpu[];
  readonly signal?: AbortSignal | undefined;
  /** Told of each launch line that was tried and the adapter it gave, if any. */
  readonly onAttempt?: (wish: AdapterWish, seen: SeenAdapter | null) => void;
}

/** An adapter that passed the guard, with the session that reached it and the launch line that gave it. */
export interface OpenDevice {
  readonly session: Session;
  readonly line: LaunchLine;
  readonly adapter: Adapter;
  readonly verdict: Verdict;
}

/** The launch lines to try, best first. macOS calls Apple's GPUs integrated and has one, so it is asked for any. */
export const wishes = ({
  host,
  gpu,
  isSoftwareForced,
}: Pick<DeviceRequest, "host" | "gpu" | "isSoftwareForced">): readonly AdapterWish[] => {
  if (isSoftwareForced) return ["software"];
  const hardware: readonly AdapterWish[] =
    host.platform === "darwin" && gpu === null ? ["any"] : gpu === null ? ["discrete", "any"] : ["discrete", "integrated", "any"];
  return gpu === null ? [...hardware, "software"] : hardware;
};

/** A started browser with the adapter that its launch line gave. */
export interface Attempt {
  readonly session: Session;
  readonly line: LaunchLine;
  readonly seen: SeenAdapter | null;
}

/** Starts the browser for one wish. @throws InputError where it does not start or has no WebGPU */
export const attempt = async (wish: AdapterWish, { browser, url, host, condition, signal }: DeviceRequest): Promise<Attempt> => {
  const line = launchLine(wish, condition, host);
  const session = await openSession({ browser, line, url, signal });
  try {
    const description = await session.describe();
    if (description.kind === "no-webgpu") {
      throw new InputError(
        browser.path,
        `this browser (${session.version}) has no WebGPU`,
        "Update it (Chrome, Chromium or Edge), or name another with --browser PATH.",
      );
    }
    if (description.kind === "no-adapter") return { session, line, seen: null };
    return { session, line, seen: { adapter: description.adapter, systemGpus: await session.systemGpus() } };
  } catch (error) {
    await session.close();
    throw error;
  }
};

/**
 * Opens the device to measure: the GPU asked for, else a discrete GPU, else any, else the software adapter where the system lists no
 * GPU. Software flags are given only when no GPU was asked for and none is there.
 *
 * @throws InputError where the browser has no WebGPU, gives no adapter, or gives another than was asked for or is expected
 */
export const openDevice = async (request: DeviceRequest): Promise<OpenDevice> => {
  const { gpu, natives, isSoftwareForced, host } = request;
  const refused: SeenAdapter[] = [];
  const isAcceptable = (seen: SeenAdapter, wish: AdapterWish) => {
    if (wish === "software") return isSoftware(seen.adapter);
    if (gpu !== null) return isAskedFor(gpu, seen, natives);
    return !isSoftware(seen.adapter) && !isOfAnotherVendor(seen.adapter, natives);
  };
  for (const wish of wishes(request)) {
    if (wish === "software" && !isSoftwareForced) {
      const reason = refusal(gpu, refused, natives);
      if (reason !== null) throw reason;
    }
    const { session, line, seen } = await attempt(wish, request);
    request.onAttempt?.(wish, seen);
    if (seen !== null && isAcceptable(seen, wish)) {
      return { session, line, adapter: seen.adapter, verdict: verdictOf(seen, natives, host.platform) };
    }
    if (seen !== null) refused.push(seen);
    await session.close();
  }
  throw (
    refusal(gpu, refused, isSoftwareForced ? [] : natives) ??
    new InputError(
      request.browser.path,
      `the browser has WebGPU and gave no adapter${refused.length > 0 ? ` but ${refused.map(({ adapter }) => adapterName(adapter)).join("; ")}` : ", not even its software one"}`,
      "Run `npm run doctor`, update the browser, or name another with --browser PATH.",
    )
  );
};

/** Opens a device again after a fault. The browser may come back with another adapter, software most often: then it is refused. */
export const reopenDevice = async (request: DeviceRequest, { line, adapter }: Pick<OpenDevice, "line" | "adapter">): Promise<Session> => {
  const { browser, url, signal } = request;
  const session = await openSession({ browser, line, url, signal });
  try {
    const description = await session.describe();
    const now = description.kind === "adapter" ? adapterName(description.adapter) : "no adapter";
    const isFallback = description.kind === "adapter" && isSoftware(description.adapter);
    if (now !== adapterName(adapter) || isFallback !== isSoftware(adapter)) {
      throw new InputError(
        "gpu",
        `after a fault the browser was started again and gave ${now}${isFallback ? " (software)" : ""} instead of ${adapterName(adapter)}`,
        "Run `npm run doctor`; when the GPU is back, the same command with --resume continues.",
      );
    }
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
};
