import { DeviceWatch } from "../../../harness/measure/device-watch.ts";
import { describeAdapter, openGpuOrNull, type OpenGpu } from "../../../harness/measure/gpu.ts";
import type { Description } from "../../../src/profile/jobs.ts";
import type { Peer } from "../../../src/report/peers-schema.ts";
import type { PageAnswer, PeerJob } from "../contract.ts";
import { tunerFor } from "./best-variant.ts";
import type { Library, SharedGpu } from "./library.ts";
import { race, RaceRefused, type RaceTrack, type Started } from "./race.ts";

/** The page of the peer table: it answers the driver as the measuring page does, with one kind of job. */

const status = document.createElement("p");
status.textContent = "Waiting for `npm run bench:peers` to say what to race.";
document.body.append(status);

/** A library is fetched when it is first asked for: one that fails to load is not there, and the others are. */
const START: Readonly<Record<Peer, (gpu: SharedGpu) => Promise<Library>>> = {
  "jax-js": async (gpu) => (await import("./jax.ts")).startJax(gpu),
  tfjs: async (gpu) => (await import("./tfjs.ts")).startTfjs(gpu),
  onnxruntime: async (gpu) => (await import("./onnx.ts")).startOnnx(gpu),
};

let opened: Promise<OpenGpu | null> | undefined;
const open = (): Promise<OpenGpu | null> => (opened ??= openGpuOrNull(navigator.gpu));

let track: RaceTrack | undefined;
const started = new Map<Peer, Promise<Started>>();

const startedPeer = (peer: Peer, gpu: SharedGpu): Promise<Started> => {
  const known =
    started.get(peer) ??
    START[peer](gpu).then(
      (library): Started => ({ name: peer, library }),
      (error: unknown): Started => ({ name: peer, because: `it did not start: ${error instanceof Error ? error.message : String(error)}` }),
    );
  started.set(peer, known);
  return known;
};

const answer = async (job: PeerJob): Promise<{ kind: "measured"; measurement: PageAnswer } | RaceRefused["result"]> => {
  const gpu = await open();
  if (gpu === null) return { kind: "left-out", because: "the browser gave no adapter" };
  const { device } = gpu;
  track ??= { device, watch: new DeviceWatch(device), tuner: tunerFor(device) };
  status.textContent = `Racing ${job.id}`;
  const peers: Started[] = [];
  for (const peer of job.peers) peers.push(await startedPeer(peer, gpu));
  const libraries = peers.map((peer) => ({ name: peer.name, device: "library" in peer ? peer.library.device : peer.because }));
  try {
    return { kind: "measured", measurement: { race: await race(track, job, peers), libraries } };
  } catch (error) {
    if (error instanceof RaceRefused) return error.result;
    throw error;
  }
};

const describe = async (): Promise<Description> => {
  if (!("gpu" in navigator)) return { kind: "no-webgpu" };
  const gpu = await open();
  return gpu === null ? { kind: "no-adapter" } : { kind: "adapter", adapter: describeAdapter(gpu.adapter) };
};

Object.assign(globalThis, { ballast: { describe, run: answer } });
