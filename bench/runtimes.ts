/**
 * Dawn in Node beside the browser on the same device, both open at once and taking turns measurement by measurement, so that drift
 * falls on both alike: the median of each, and the median over rounds of the ratio between the two of a round.
 *
 *   npm run bench:runtimes [-- <rounds>]      (5 by default)
 */
import { median, quantile } from "simple-statistics";
import { dawnProgram, siteFolder } from "../cli/project.ts";
import { dawnRuntime } from "../harness/dawn/runtime.ts";
import { browserRuntime } from "../harness/driver/browser/browser-runtime.ts";
import { fileProbe } from "../harness/driver/browser/file-probe.ts";
import { findBrowserOrNull } from "../harness/driver/browser/find-browser.ts";
import { launchHost, searchPlaces } from "../harness/driver/host.ts";
import { openDevice } from "../harness/driver/open-device.ts";
import type { Runtime } from "../harness/driver/runtime.ts";
import { serveSite } from "../harness/driver/site/serve.ts";
import type { Session } from "../harness/driver/session.ts";
import { nativeView } from "../harness/driver/machine/system-gpu.ts";
import { duration, significant } from "../src/format.ts";
import type { PageJob } from "../src/profile/jobs.ts";
import type { Measurement } from "../src/profile/schema.ts";
import type { Seconds } from "../src/units.ts";
import { left, PLAIN, right, table } from "../src/report/layout.ts";

const LIMIT: Seconds = 60;
const MIB = 2 ** 20;
const ROUNDS = Number(process.argv[2] ?? 5);

const matmul = (variant: string, m: number): PageJob => ({
  kind: "kernel",
  id: `${variant}, ${m}×1024×1024`,
  variant,
  shape: { m, n: 1024, k: 1024 },
  cache: "hot",
});
const upload = (method: "writeBuffer" | "mappedAtCreation"): PageJob => ({
  kind: "upload",
  id: `upload of 64 MiB, ${method}`,
  method,
  bytes: 64 * MIB,
  chunk_bytes: 4 * MIB,
});

const JOBS: readonly PageJob[] = [
  { kind: "clock", id: "clock" },
  { kind: "overhead", id: "overhead" },
  matmul("matmul/matvec-thread-4x64-f32", 1),
  matmul("matmul/registers-8x8-2x8-f32", 16),
  matmul("matmul/registers-8x8-2x8-f32", 128),
  upload("writeBuffer"),
  upload("mappedAtCreation"),
];

/** Seconds of what a measurement is looked at for here, by what they are of. */
const figures = (measurement: Measurement): Record<string, Seconds> => {
  switch (measurement.kind) {
    case "clock":
      return {
        "empty submit, round trip": median(measurement.empty_submit_s),
        "small submit, round trip": median(measurement.small_submit_s),
      };
    case "overhead":
      return { "one more dispatch": median(measurement.dispatch_s), "one more submit": median(measurement.submit_s) };
    case "kernel":
      return { [measurement.id]: median(measurement.timing.samples_s) };
    case "upload":
      return {
        [`${measurement.id}, fresh buffers`]: median(measurement.first_s),
        ...(measurement.repeated_s.length === 0 ? {} : { [`${measurement.id}, same buffers`]: median(measurement.repeated_s) }),
      };
    default:
      throw new Error(`a measurement of ${measurement.kind} was not asked for`);
  }
};

const found = findBrowserOrNull(await searchPlaces(process.env, undefined), fileProbe);
if (found === null) throw new Error("no browser: `npm run doctor` says how to get one");
const site = await serveSite(siteFolder);
const runtimes: readonly Runtime[] = [
  browserRuntime({ browser: found, url: site.url, host: launchHost(), condition: "web" }),
  dawnRuntime({ program: dawnProgram, condition: "web", platform: process.platform, env: process.env }),
];
const sessions: Session[] = [];
try {
  for (const runtime of runtimes) {
    const { session, verdict } = await openDevice({
      runtime,
      platform: process.platform,
      gpu: null,
      isSoftwareForced: false,
      natives: nativeView(process.platform).gpus,
    });
    sessions.push(session);
    process.stdout.write(`${session.version}: ${verdict.device}\n`);
  }
  /** By figure: one pair a round, the browser's first. */
  const seen = new Map<string, [Seconds, Seconds][]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const job of JOBS) {
      const pair: Record<string, Seconds>[] = [];
      // Who begins changes with the round.
      for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const outcome = await sessions[index]!.run(job, LIMIT);
        if (outcome.kind !== "measured") throw new Error(`${job.id}: ${JSON.stringify(outcome)}`);
        pair[index] = figures(outcome.measurement);
      }
      const [browser = {}, dawn = {}] = pair;
      for (const [name, seconds] of Object.entries(browser)) {
        const other = dawn[name];
        if (other !== undefined) seen.set(name, [...(seen.get(name) ?? []), [seconds, other]]);
      }
    }
  }
  const rows = [...seen].map(([name, pairs]) => {
    const ratios = pairs.map(([browser, dawn]) => dawn / browser);
    const quartiles = [0.25, 0.75].map((share) => significant(quantile(ratios, share)));
    const [browser, dawn] = [0, 1].map((side) => duration(median(pairs.map((pair) => pair[side]!))));
    return [name, browser!, dawn!, `${significant(median(ratios))}×`, quartiles.join("–")];
  });
  const columns = [left("figure"), right("browser"), right("Dawn in Node"), right("ratio"), right("middle half")];
  process.stdout.write(`${table(columns, rows, PLAIN).join("\n")}\n`);
} finally {
  for (const session of sessions) await session.close();
  await site.close();
}
