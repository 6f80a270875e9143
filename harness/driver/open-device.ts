import { InputError } from "../../src/errors.ts";
import type { Adapter } from "../../src/profile/schema.ts";
import type { Seconds } from "../../src/units.ts";
import { adapterName, isAskedFor, isOfAnotherVendor, refusal, verdictOf, type SeenAdapter, type Verdict } from "./guard.ts";
import { isSoftware } from "../../src/profile/software-adapter.ts";
import { detourNote, withDriverCache, type AdapterWish, type LaunchLine } from "./browser/launch-flags.ts";
import type { TemporaryFolder } from "./site/temporary-folder.ts";
import type { Runtime, StartOptions } from "./runtime.ts";
import type { Session } from "./session.ts";
import { driverCacheIn } from "./browser/shader-caches.ts";
import type { NativeGpu } from "./machine/system-gpu.ts";

/** Which device to open, by which runtime, and what is known of the machine. */
export interface DeviceRequest {
  readonly runtime: Runtime;
  readonly platform: NodeJS.Platform;
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

/** A started runtime with the adapter that its launch line gave. */
export interface Attempt {
  readonly session: Session;
  readonly line: LaunchLine;
  readonly seen: SeenAdapter | null;
}

/** Starts the runtime for one wish. @throws InputError where it does not start or has no WebGPU */
export const attempt = async (wish: AdapterWish, { runtime, gpu, signal }: DeviceRequest): Promise<Attempt> => {
  const line = await runtime.line(wish, gpu);
  const session = await runtime.open(line, { signal });
  try {
    const description = await session.describe();
    if (description.kind === "no-webgpu") {
      throw new InputError(runtime.place, `${runtime.name} (${session.version}) has no WebGPU`, runtime.repair);
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
 * @throws InputError where the runtime has no WebGPU, gives no adapter, or gives another than was asked for or is expected
 */
export const openDevice = async (request: DeviceRequest): Promise<OpenDevice> => {
  const { runtime, gpu, natives, isSoftwareForced, platform } = request;
  const refused: SeenAdapter[] = [];
  const isAcceptable = (seen: SeenAdapter, wish: AdapterWish) => {
    if (wish === "software") return isSoftware(seen.adapter);
    if (gpu !== null) return isAskedFor(gpu, seen, natives);
    return !isSoftware(seen.adapter) && !isOfAnotherVendor(seen.adapter, natives);
  };
  for (const wish of runtime.wishes(gpu, isSoftwareForced)) {
    const missed = refusal(gpu, refused, natives);
    const note = detourNote(wish);
    if (note !== null && missed === null) continue; // nothing says that a GPU is there
    if (wish === "software" && !isSoftwareForced && missed !== null) throw missed;
    const { session, line, seen } = await attempt(wish, request);
    request.onAttempt?.(wish, seen);
    if (seen !== null && isAcceptable(seen, wish)) {
      const verdict = verdictOf(seen, natives, platform);
      return { session, line, adapter: seen.adapter, verdict: note === null ? verdict : { ...verdict, notes: [...verdict.notes, note] } };
    }
    if (seen !== null) refused.push(seen);
    await session.close();
  }
  throw (
    refusal(gpu, refused, isSoftwareForced ? [] : natives) ??
    new InputError(
      runtime.place,
      `${runtime.name} has WebGPU and gave no adapter${refused.length > 0 ? ` but ${refused.map(({ adapter }) => adapterName(adapter)).join("; ")}` : ", not even its software one"}`,
      runtime.repair,
    )
  );
};

/** Opens a device again. The runtime may come back with another adapter, software most often: then it is refused. */
const openAgain = async (
  { runtime, signal }: DeviceRequest,
  { line, adapter, ...options }: Pick<OpenDevice, "line" | "adapter"> & Pick<StartOptions, "profile" | "startLimit">,
  refused: (given: string) => InputError,
): Promise<Session> => {
  const session = await runtime.open(line, { signal, ...options });
  try {
    const description = await session.describe();
    const now = description.kind === "adapter" ? adapterName(description.adapter) : "no adapter";
    const isFallback = description.kind === "adapter" && isSoftware(description.adapter);
    if (now !== adapterName(adapter) || isFallback !== isSoftware(adapter)) throw refused(`${now}${isFallback ? " (software)" : ""}`);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
};

/** Opens a device again, after a fault or for a further process. @throws InputError where another adapter comes */
export const reopenDevice = (request: DeviceRequest, device: Pick<OpenDevice, "line" | "adapter">): Promise<Session> =>
  openAgain(
    request,
    { line: device.line, adapter: device.adapter },
    (given) =>
      new InputError(
        "gpu",
        `${request.runtime.name} was started again and gave ${given} instead of ${adapterName(device.adapter)}`,
        "Run `npm run doctor`; when the GPU is back, a bench is continued by the same command with --resume.",
      ),
  );

/**
 * Opens the same device once more, in a process of its own: every cache of compiled shaders that it reads or writes lies in the profile's folder.
 *
 * @throws InputError where another adapter comes
 */
export const openBeside = (
  request: DeviceRequest,
  { line, adapter }: Pick<OpenDevice, "line" | "adapter">,
  profile: TemporaryFolder,
  startLimit: Seconds,
): Promise<Session> =>
  openAgain(
    request,
    { line: withDriverCache(line, driverCacheIn(profile)), adapter, profile, startLimit },
    (given) =>
      new InputError(
        "gpu",
        `a second process of ${request.runtime.name} gave ${given} instead of ${adapterName(adapter)}`,
        "Run `npm run doctor` while nothing else uses the GPU.",
      ),
  );
