import { chosenFor, type LayerChoices } from "../../kernels/index.ts";
import { browserRuntime } from "../../harness/driver/browser/browser-runtime.ts";
import { fileProbe } from "../../harness/driver/browser/file-probe.ts";
import { findBrowserOrNull } from "../../harness/driver/browser/find-browser.ts";
import { launchHost, searchPlaces } from "../../harness/driver/host.ts";
import { nativeView } from "../../harness/driver/machine/system-gpu.ts";
import { type DeviceRequest, openDevice, reopenDevice } from "../../harness/driver/open-device.ts";
import type { Verdict } from "../../harness/driver/guard.ts";
import type { Outcome, Session } from "../../harness/driver/session.ts";
import { serveSite } from "../../harness/driver/site/serve.ts";
import { InputError } from "../../src/errors.ts";
import { startingChoices } from "../../src/profile/choose.ts";
import type { PageJob } from "../../src/profile/jobs.ts";
import type { Adapter, Condition } from "../../src/profile/schema.ts";
import type { Peer } from "../../src/report/peers-schema.ts";
import type { Seconds } from "../../src/units.ts";
import { type Entry, type PageAnswer, pageAnswerSchema, type PeerJob } from "./contract.ts";
import { type PeerShape, tunedAt } from "./shapes.ts";
import { ensurePeersSite, peersSite } from "./site.ts";

/** A device with the page of the peer table open on it: one page for all shapes, unless it has to be opened again after a fault. */
export interface Course {
  readonly adapter: Adapter;
  readonly verdict: Verdict;
  /** The browser's, with its version. */
  readonly browser: string;
  /** @throws what the signal was aborted with */
  race(row: PeerShape, peers: readonly Peer[], rounds: number): Promise<Entry>;
  close(): Promise<void>;
}

/** A shape that takes longer is given up, with the browser. */
const SHAPE_LIMIT: Seconds = 900;

/** Ballast's choice for a shape before anything was timed on the device. */
const defaultVariant = ({ family, shape }: PeerShape, choices: LayerChoices): string => {
  switch (family) {
    case "matmul":
      return chosenFor(choices.matmul, shape);
    case "attention-decode":
      return chosenFor(choices.attention_decode, shape);
    case "attention-prefill":
      return chosenFor(choices.attention_prefill, shape);
    default:
      return family satisfies never;
  }
};

/** The page of the peer table answers the same call as the measuring page, with a job and an answer of its own. */
const askPage = async (session: Session, job: PeerJob): Promise<PageAnswer | Exclude<Outcome, { kind: "measured" | "verified" }>> => {
  const outcome = await session.run(job as unknown as PageJob, SHAPE_LIMIT);
  if (outcome.kind === "verified") throw new Error("the page answered something else than was asked");
  return outcome.kind === "measured" ? pageAnswerSchema.parse(outcome.measurement) : outcome;
};

/** @throws InputError where there is no browser, or it gives no device */
export const openCourse = async (condition: Condition, signal?: AbortSignal): Promise<Course> => {
  const browser = findBrowserOrNull(await searchPlaces(process.env, undefined), fileProbe);
  if (browser === null) throw new InputError("browser", "found none on this machine", "Run `npm run doctor`: it says how to get one.");
  await ensurePeersSite();
  const site = await serveSite(peersSite);
  try {
    const request: DeviceRequest = {
      runtime: browserRuntime({ browser, url: site.url, host: launchHost(browser.path), condition }),
      platform: process.platform,
      gpu: null,
      isSoftwareForced: false,
      natives: nativeView(process.platform).gpus,
      signal,
    };
    const opened = await openDevice(request);
    const { adapter, verdict } = opened;
    const choices = startingChoices("f32", verdict.isGpu, adapter.features);
    let { session } = opened;
    return {
      adapter,
      verdict,
      browser: session.version,
      race: async (row, peers, rounds) => {
        const { name: id, family, shape } = row;
        const job = {
          kind: "peers",
          id,
          family,
          shape,
          tunedAt: tunedAt(row, !verdict.isGpu),
          defaultVariant: defaultVariant(row, choices),
          isGpu: verdict.isGpu,
          peers,
          rounds,
        } as const;
        const answer = await askPage(session, job);
        if ("race" in answer) return answer;
        if (answer.kind !== "left-out") {
          await session.close();
          session = await reopenDevice(request, opened);
        }
        return { left_out: { id, because: answer.because } };
      },
      close: async () => {
        await session.close();
        await site.close();
      },
    };
  } catch (error) {
    await site.close();
    throw error;
  }
};
