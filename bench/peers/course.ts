import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../cli/project.ts";
import { browserRuntime } from "../../harness/driver/browser/browser-runtime.ts";
import { fileProbe } from "../../harness/driver/browser/file-probe.ts";
import { findBrowserOrNull } from "../../harness/driver/browser/find-browser.ts";
import { launchHost, searchPlaces } from "../../harness/driver/host.ts";
import { nativeView } from "../../harness/driver/machine/system-gpu.ts";
import { type DeviceRequest, openDevice, reopenDevice } from "../../harness/driver/open-device.ts";
import type { Outcome, Session } from "../../harness/driver/session.ts";
import { serveSite } from "../../harness/driver/site/serve.ts";
import { InputError } from "../../src/errors.ts";
import { chosenFor, type LayerChoices } from "../../kernels/index.ts";
import { startingChoices } from "../../src/profile/choose.ts";
import type { PageJob } from "../../src/profile/jobs.ts";
import { isSoftware } from "../../src/profile/software-adapter.ts";
import type { Seconds } from "../../src/units.ts";
import { type PageAnswer, pageAnswerSchema, type Peer, type PeerJob, type PeersReport, type Race } from "./contract.ts";
import { type PeerShape, selectedShapes, type ShapeSelection, TINY, tunedAt } from "./shapes.ts";
import { buildPeersSite, peersSite } from "./site.ts";

export interface CourseOptions extends Omit<ShapeSelection, "isSoftware"> {
  readonly peers: readonly Peer[];
  readonly rounds: number;
  /** Stops the course and closes the browser. */
  readonly signal?: AbortSignal;
  /** Told before each shape. */
  readonly onShape?: (row: PeerShape, index: number, count: number) => void;
}

/** A shape that takes longer is given up, with the browser. */
const SHAPE_LIMIT: Seconds = 900;

const PACKAGES: Readonly<Record<Peer, string>> = {
  "jax-js": "@jax-js/jax",
  tfjs: "@tensorflow/tfjs-core",
  onnxruntime: "onnxruntime-web",
};

/** Versions are pinned exactly, so package.json says which ones run. */
const versions = (): Readonly<Record<string, string>> =>
  (JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { devDependencies: Record<string, string> }).devDependencies;

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

/** Races all rows of the selection on one device, in one page unless it has to be opened again after a fault. */
export const runCourse = async ({ peers, rounds, signal, onShape, ...selection }: CourseOptions): Promise<PeersReport> => {
  const browser = findBrowserOrNull(await searchPlaces(process.env, undefined), fileProbe);
  if (browser === null) throw new InputError("browser", "found none on this machine", "Run `npm run doctor`: it says how to get one.");
  await buildPeersSite();
  const site = await serveSite(peersSite);
  let session: Session | undefined;
  try {
    const request: DeviceRequest = {
      runtime: browserRuntime({ browser, url: site.url, host: launchHost(), condition: "web" }),
      platform: process.platform,
      gpu: null,
      isSoftwareForced: false,
      natives: nativeView(process.platform).gpus,
      signal,
    };
    const opened = await openDevice(request);
    session = opened.session;
    const isOnSoftware = isSoftware(opened.adapter);
    const choices = startingChoices("f32", !isOnSoftware, opened.adapter.features);
    const rows = selectedShapes({ ...selection, isSoftware: isOnSoftware });
    const races: PeersReport["races"] = [];
    const leftOut: PeersReport["left_out"] = [];
    let libraries: PageAnswer["libraries"] = [];
    const raceOrNull = async (row: PeerShape): Promise<Race | null> => {
      const { name: id, family, shape } = row;
      const answer = await askPage(session!, {
        kind: "peers",
        id,
        family,
        shape,
        tunedAt: tunedAt(row),
        defaultVariant: defaultVariant(row, choices),
        peers,
        rounds,
      });
      if ("race" in answer) {
        libraries = answer.libraries;
        return answer.race;
      }
      leftOut.push({ id, because: answer.because });
      if (answer.kind !== "left-out") {
        await session!.close();
        session = await reopenDevice(request, opened);
      }
      return null;
    };
    const overhead = await raceOrNull(TINY);
    for (const [index, row] of rows.entries()) {
      onShape?.(row, index, rows.length);
      const race = await raceOrNull(row);
      if (race !== null) races.push(race);
    }
    const pinned = versions();
    return {
      schema: "ballast.peers/2",
      device: opened.verdict.device,
      browser: session.version,
      is_software: isOnSoftware,
      rounds,
      libraries: libraries.map(({ name, device }) => ({ name, version: pinned[PACKAGES[name as Peer]] ?? "unknown", device })),
      overhead,
      races,
      left_out: leftOut,
    };
  } finally {
    await session?.close();
    await site.close();
  }
};
