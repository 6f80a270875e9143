import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forgetPeak, peakMemory } from "../../../bench/browser-memory.ts";
import { serveSite, type Site } from "../../../harness/driver/site/serve.ts";
import { openSession } from "../../../harness/driver/browser/browser-session.ts";
import type { Outcome, Session } from "../../../harness/driver/session.ts";
import type { PageJob, UploadJob } from "../../../src/profile/jobs.ts";
import { uploadMethodSchema } from "../../../src/profile/measurements/upload.ts";
import { measurementSchema, type Measurement, type MeasurementOf } from "../../../src/profile/schema.ts";
import { LARGEST_WEIGHT_FILE } from "../../../src/profile/weight-file.ts";
import { browser, softwareLine } from "../../driver/the-browser.ts";

const LIMIT_S = 120;
const MIB = 2 ** 20;
const methods = uploadMethodSchema.options;

const measured = <K extends Measurement["kind"]>(outcome: Outcome, kind: K): MeasurementOf<K> => {
  if (outcome.kind !== "measured" || outcome.measurement.kind !== kind)
    throw new Error(`expected a measurement of ${kind}, got ${JSON.stringify(outcome)}`);
  expect(measurementSchema.parse(outcome.measurement)).toEqual(outcome.measurement);
  return outcome.measurement as MeasurementOf<K>;
};

const upload = (method: UploadJob["method"], changes: Partial<UploadJob> = {}): UploadJob => ({
  kind: "upload",
  id: `upload ${method}`,
  method,
  bytes: 3 * MIB,
  chunk_bytes: MIB,
  ...changes,
});

const pipeline = (changes: Partial<Extract<PageJob, { kind: "load-pipeline" }>> = {}): PageJob => ({
  kind: "load-pipeline",
  id: "load-pipeline",
  method: "writeBuffer",
  bytes: 16 * MIB,
  chunk_bytes: 4 * MIB,
  ...changes,
});

/** Folders of weight files that this process has left. */
const weightFolders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith(`ballast-weights-${process.pid}-`));

describe("bringing weights to the software adapter", () => {
  const folder = mkdtempSync(join(tmpdir(), "ballast-test-weights-page-"));
  let site: Site;
  let session: Session;
  const run = (job: PageJob) => session.run(job, LIMIT_S);

  beforeAll(async () => {
    // The measuring page itself, on a queue that can be made to change what is written.
    const root = fileURLToPath(new URL("../fixtures/measuring-page", import.meta.url));
    await build({ root, base: "./", configFile: false, logLevel: "error", build: { outDir: folder, emptyOutDir: true, target: "es2023" } });
    site = await serveSite(folder);
    session = await openSession({ browser, line: softwareLine, url: site.url });
  });
  afterAll(async () => {
    await session?.close();
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(methods)("by %s, the same bytes are found there, in several samples of fresh buffers", async (method) => {
    const { first_s, repeated_s, into_bytes } = measured(await run(upload(method)), "upload");
    expect(into_bytes).toBe(3 * MIB);
    expect(first_s.length).toBeGreaterThanOrEqual(5);
    expect(repeated_s.length).toBeGreaterThanOrEqual(5);
    expect(Math.min(...first_s, ...repeated_s)).toBeGreaterThan(0);
  });

  it.each(methods)("by %s, chunks that do not divide the bytes arrive whole", async (method) => {
    measured(await run(upload(method, { bytes: 2 * MIB + 4, chunk_bytes: 300_000 })), "upload");
  });

  it.each(methods)("by %s, buffers that are written again and again hold what came last", async (method) => {
    const { into_bytes } = measured(await run(upload(method, { bytes: 9 * MIB, into_bytes: 2 * MIB })), "upload");
    expect(into_bytes).toBe(2 * MIB);
  });

  it("a whole that no single buffer may hold is spread over several", async () => {
    measured(await run(upload("writeBuffer", { bytes: 2 * 512 * MIB + 20 * MIB, chunk_bytes: 16 * MIB })), "upload");
  });

  it("one bit that changes on the way leaves the upload out, with the place", async () => {
    const outcome = await run(upload("writeBuffer", { id: "corrupt upload" }));
    expect(outcome).toMatchObject({
      kind: "left-out",
      because: expect.stringMatching(/^at byte 1048584 of buffer 0 came back \d+, sent was \d+$/) as string,
    });
  });

  it("finds how much the device holds, up to the cap it states", async () => {
    const memory = measured(await run({ kind: "device-memory", id: "device-memory" }), "device-memory");
    expect(memory).toMatchObject({
      ended: "cap",
      held_bytes: memory.cap_bytes,
      cap_because: "a software adapter's memory is the computer's own",
    });
  });

  it.each(methods)("streams a file from disk to the GPU by %s, each stage alone and all at once", async (method) => {
    const measurement = measured(await run(pipeline({ method })), "load-pipeline");
    const { page_cache_s, transfer_s, upload_s, pipelined } = measurement;
    expect(pipelined.length).toBeGreaterThanOrEqual(3);
    for (const stage of [page_cache_s, transfer_s, upload_s]) expect(stage.length).toBe(pipelined.length);
    for (const { total_s, waiting_for_file_s, handing_over_s, waiting_for_gpu_s } of pipelined) {
      const known = waiting_for_file_s + handing_over_s + waiting_for_gpu_s;
      expect(known).toBeGreaterThan(0);
      expect(known).toBeLessThanOrEqual(total_s + 1e-6);
    }
    expect(weightFolders()).toEqual([]);
  });

  it("a file that arrives with one bit changed is left out, and its file removed", async () => {
    const outcome = await run(pipeline({ id: "corrupt pipeline" }));
    expect(outcome).toMatchObject({ kind: "left-out", because: expect.stringMatching(/^at byte 4194312 of buffer 0 came back/) as string });
    expect(weightFolders()).toEqual([]);
  });

  it("a disk without room leaves the pipeline out, with the reason", async () => {
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = join(folder, "absent");
    try {
      expect(await run(pipeline())).toEqual({
        kind: "left-out",
        because: "no folder for a file of weights can be made: ENOENT. Set TMPDIR to a folder on a larger disk.",
      });
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
    expect(await run(pipeline({ bytes: LARGEST_WEIGHT_FILE + 4096 }))).toMatchObject({ kind: "left-out" });
  });

  const isLinux = existsSync("/proc/self/status");
  it.skipIf(!isLinux)("keeps memory bounded while it uploads eight times what it may hold", async () => {
    const held = 128 * MIB;
    const small = upload("writeBuffer", { id: "small", bytes: held, chunk_bytes: 4 * MIB, into_bytes: held });
    measured(await run(small), "upload");
    forgetPeak(session.pid);
    const before = peakMemory(session.pid);
    const bytes = 16 * held;
    measured(await run({ ...small, id: "large", bytes }), "upload");
    const after = peakMemory(session.pid);
    expect(after.renderer - before.renderer).toBeLessThan(bytes / 4);
    expect(after["gpu-process"] - before["gpu-process"]).toBeLessThan(bytes / 4);
  });
});
