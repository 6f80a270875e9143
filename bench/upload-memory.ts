/**
 * Memory of the browser while it uploads far more than it may hold: bytes go up into buffers that are written again and again, and
 * the peak resident memory of the page's process and of the GPU process is printed beside them. Bounded means that the peaks do not
 * grow with the bytes.
 *
 *   npm run bench:upload-memory [-- <GiB> [<MiB held>]]      (4 GiB into 256 MiB by default)
 */
import { siteFolder } from "../cli/project.ts";
import { browserRuntime } from "../harness/driver/browser/browser-runtime.ts";
import { fileProbe } from "../harness/driver/browser/file-probe.ts";
import { findBrowserOrNull } from "../harness/driver/browser/find-browser.ts";
import { launchHost, searchPlaces } from "../harness/driver/host.ts";
import { openDevice } from "../harness/driver/open-device.ts";
import { serveSite } from "../harness/driver/site/serve.ts";
import type { Session } from "../harness/driver/session.ts";
import { nativeView } from "../harness/driver/machine/system-gpu.ts";
import { bandwidth, size } from "../src/format.ts";
import type { UploadJob } from "../src/profile/jobs.ts";
import { uploadMethodSchema, type UploadMethod } from "../src/profile/measurements/upload.ts";
import { left, PLAIN, right, table } from "../src/report/layout.ts";
import { forgetPeak, peakMemory } from "./browser-memory.ts";

const MIB = 2 ** 20;
const LIMIT_S = 600;
/** A part of the bytes first, so that what grows with them would show. */
const SHARES = [1 / 16, 1 / 4, 1];

const [gibibytes = 4, heldMebibytes = 256] = process.argv.slice(2).map(Number);
const whole = gibibytes * 1024 * MIB;
const held = heldMebibytes * MIB;

const mebibytes = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

const measure = async (session: Session, method: UploadMethod, bytes: number): Promise<string[]> => {
  const job: UploadJob = {
    kind: "upload",
    id: `upload-memory ${method} ${bytes}`,
    method,
    bytes,
    chunk_bytes: 4 * MIB,
    into_bytes: Math.min(bytes, held),
  };
  forgetPeak(session.pid);
  const outcome = await session.run(job, LIMIT_S);
  if (outcome.kind !== "measured" || outcome.measurement.kind !== "upload") throw new Error(JSON.stringify(outcome));
  const { first_s, repeated_s, into_bytes } = outcome.measurement;
  const peak = peakMemory(session.pid);
  const uploads = first_s.length + repeated_s.length;
  return [
    method,
    size(bytes),
    size(into_bytes),
    size(bytes * uploads),
    mebibytes(peak.renderer),
    mebibytes(peak["gpu-process"]),
    bandwidth(bytes / Math.min(...first_s)),
  ];
};

const browser = findBrowserOrNull(await searchPlaces(process.env, undefined), fileProbe);
if (browser === null) throw new Error("no browser: `npm run doctor` says how to get one");
const site = await serveSite(siteFolder);
const rows: string[][] = [];
try {
  for (const method of uploadMethodSchema.options) {
    // A browser for each method: what one has taken it may keep.
    const { session } = await openDevice({
      runtime: browserRuntime({ browser, url: site.url, host: launchHost(), condition: "web" }),
      platform: process.platform,
      gpu: null,
      isSoftwareForced: false,
      natives: nativeView(process.platform).gpus,
    });
    try {
      for (const share of SHARES) rows.push(await measure(session, method, whole * share));
    } finally {
      await session.close();
    }
  }
} finally {
  await site.close();
}
const columns = [left("method"), right("upload"), right("into"), right("in all"), right("page peak"), right("GPU process"), right("rate")];
process.stdout.write(`${table(columns, rows, PLAIN).join("\n")}\n`);
