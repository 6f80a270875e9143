import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileProbe } from "../../harness/driver/browser/file-probe.ts";
import { findBrowserOrNull } from "../../harness/driver/browser/find-browser.ts";
import { launchHost, searchPlaces } from "../../harness/driver/host.ts";
import { launchLine } from "../../harness/driver/browser/launch-flags.ts";
import { serveSite, type Site } from "../../harness/driver/site/serve.ts";
import { openSession } from "../../harness/driver/browser/browser-session.ts";
import type { Outcome, Session } from "../../harness/driver/session.ts";
import type { PageJob as Job, StartJob } from "../../src/profile/jobs.ts";
import { variantsOf } from "../../kernels/index.ts";
import { startingChoices } from "../../src/profile/choose.ts";
import { measurementSchema, type Measurement, type MeasurementOf } from "../../src/profile/schema.ts";

const LIMIT_S = 120;
const MIB = 2 ** 20;

const open = async (url: string): Promise<Session> => {
  const browser = findBrowserOrNull(await searchPlaces(process.env, undefined), fileProbe);
  if (browser === null) throw new Error("no browser: `npm run doctor` says how to get one");
  return openSession({ browser, line: launchLine("software", "web", launchHost()), url });
};

const measured = <K extends Measurement["kind"]>(outcome: Outcome, kind: K): MeasurementOf<K> => {
  if (outcome.kind !== "measured" || outcome.measurement.kind !== kind)
    throw new Error(`expected a measurement of ${kind}, got ${JSON.stringify(outcome)}`);
  expect(measurementSchema.parse(outcome.measurement)).toEqual(outcome.measurement);
  return outcome.measurement as MeasurementOf<K>;
};

const choices = startingChoices("f32", false, []);
const batch = { prefill_tokens: 2, prefill_context: 3, decode_sequences: 1, decode_context: 4 };
const layer = { choices, shape: { hidden: 64, intermediate: 96, heads: 4, kv_heads: 2, head_dim: 16, ...batch } };
const residual: Job = { kind: "kernel", id: "residual-add", variant: "residual-add/f32", shape: { length: 100_000 }, cache: "hot" };
const upload = (method: Extract<Job, { kind: "upload" }>["method"], id: string = method): Job => ({
  kind: "upload",
  id,
  method,
  bytes: 3 * MIB,
  chunk_bytes: MIB,
});

describe("the measuring page on the software adapter", () => {
  let site: Site;
  let session: Session;
  const run = (job: Job) => session.run(job, LIMIT_S);

  beforeAll(async () => {
    site = await serveSite(fileURLToPath(new URL("../../dist/site", import.meta.url)));
    session = await open(site.url);
  });
  afterAll(async () => {
    await session?.close();
    await site?.close();
  });

  it("names its adapter", async () => {
    const description = await session.describe();
    expect(description).toMatchObject({ kind: "adapter", adapter: { is_fallback: true, type: "CPU", backend: "vulkan" } });
    expect(description.kind === "adapter" && description.adapter.limits["maxBufferSize"]).toBeGreaterThanOrEqual(2 ** 28);
  });

  it("sees its clocks: a tick above 0, steps of a cross-origin isolated page, and round trips", async () => {
    const clock = measured(await run({ kind: "clock", id: "clock" }), "clock");
    expect(clock.timestamp_tick_s).toBeGreaterThan(0);
    expect(clock.performance_now_step_s).toBeCloseTo(5e-6, 6);
    expect(Math.min(...clock.small_submit_s)).toBeGreaterThan(0);
  });

  const start = (start: StartJob["start"]): StartJob => ({ kind: "start", id: "start", layer, nonce: 7, start });
  const process = { pipelines: "cold", launch: 0, browser_start_s: 0.5, browser_cache_entries: 0, driver_cache_bytes: 0 } as const;

  it("starts a layer, one sample a module and a pipeline, GPU time for every run", async () => {
    const { starts } = measured(await run(start({ fresh: "process", ...process })), "warm-up");
    expect(starts).toEqual([expect.objectContaining({ fresh: "process", ...process })]);
    const [{ pipelines_s, shader_modules_s, dispatches_s, gpu_s, steady_after }] = starts as [(typeof starts)[number]];
    expect(pipelines_s.length).toBe(shader_modules_s.length);
    expect(gpu_s!.filter((time) => time !== null && time > 0)).toHaveLength(1 + dispatches_s.length);
    expect(steady_after).toBeLessThan(dispatches_s.length);
  });

  it("times a kernel with GPU timestamps, several runs in a sample", async () => {
    const { timing, operations } = measured(await run(residual), "kernel");
    expect(timing.kind).toBe("gpu-timestamp");
    expect(Math.min(...timing.samples_s)).toBeGreaterThan(0);
    expect(operations).toBe(100_000);
  });

  it("races variants of a family at one shape, one that the device cannot run aside, and times the first of them again", async () => {
    const shape = { m: 8, n: 96, k: 64 };
    const candidates = variantsOf("matmul").flatMap(({ id, dtype, suits }) => (dtype === "f32" && (suits?.(shape) ?? true) ? [id] : []));
    const [standard = "", ...others] = candidates.slice(0, 4);
    const half = variantsOf("matmul").find(({ dtype }) => dtype === "f16")!.id;
    const race = { kind: "tune", id: "tuning", family: "matmul", dtype: "f32", shape, cache: "cold", default: standard } as const;
    const tuning = measured(await run({ ...race, candidates: [standard, ...others, half] }), "tuning");
    expect(new Set(tuning.candidates.map(({ variant }) => variant))).toEqual(new Set([standard, ...others]));
    const fresh = tuning.candidates.flatMap(({ variant, fresh_s }) => (fresh_s === null ? [] : [variant]));
    expect(fresh).toEqual(expect.arrayContaining([standard, tuning.choice, tuning.runner_up]));
    expect(Math.min(...tuning.candidates.flatMap(({ race_s }) => race_s))).toBeGreaterThan(0);
  });

  it("times a whole layer", async () => {
    const kernel = measured(await run({ kind: "layer", id: "layer", layer, cache: "hot" }), "kernel");
    expect(kernel).toMatchObject({ family: "decoder-layer", dtype: "f32", shape: layer.shape });
  });

  it("measures what launching costs, as many samples of each case, by GPU timestamps too", async () => {
    const {
      id: _,
      kind: __,
      process_samples: ___,
      process_noise: ____,
      ...cases
    } = measured(await run({ kind: "overhead", id: "overhead" }), "overhead");
    const lengths = new Set(Object.values(cases).map((samples) => samples?.length));
    expect(lengths.size).toBe(1);
    // A dispatch waits for the one before, so many of them take longer than few on any machine.
    expect(Math.max(...cases.dispatch_s)).toBeGreaterThan(0);
    expect(Math.max(...cases.gpu_dispatch_s!)).toBeGreaterThan(0);
  });

  it.each(["writeBuffer", "mappedAtCreation", "staging-ring"] as const)("uploads by %s and finds the same bytes there", async (method) => {
    const { first_s, verified } = measured(await run(upload(method)), "upload");
    expect(verified).toBe(true);
    expect(Math.min(...first_s)).toBeGreaterThan(0);
  });

  const reasonFor = async (job: Job) => {
    const outcome = await run(job);
    expect(outcome.kind).toBe("left-out");
    return "because" in outcome ? outcome.because : "";
  };

  it("leaves out a variant whose feature is missing, with the reason", async () => {
    const job: Job = { kind: "kernel", id: "f16", variant: "matmul/tiled-64x64x16-4x4-f16", shape: { m: 1, n: 1, k: 1 }, cache: "hot" };
    expect(await reasonFor(job)).toMatchInlineSnapshot(`"matmul/tiled-64x64x16-4x4-f16 is not to be timed: this device has no shader-f16"`);
  });

  it("leaves out a shape beyond a limit, with the limit", async () => {
    const job: Job = { kind: "kernel", id: "large", variant: "copy/vec4", shape: { length: 2 ** 31 }, cache: "hot" };
    expect((await reasonFor(job)).replace(/allows \d+/, "allows N")).toMatchInlineSnapshot(
      `"buffer source needs 8589934592 bytes, and this device allows N"`,
    );
  });

  it("a job that no kernel answers is a fault of the program, told with its message", async () => {
    const outcome = await run({ kind: "verify", id: "none", variant: "matmul/none" });
    expect(outcome).toMatchObject({ because: expect.stringContaining("no kernel variant named matmul/none") as string });
  });
});

describe("the measuring page on a GPU that misbehaves", () => {
  const folder = mkdtempSync(join(tmpdir(), "ballast-test-page-"));
  let site: Site;
  let session: Session;
  const run = (job: Job) => session.run(job, LIMIT_S);

  beforeAll(async () => {
    const root = fileURLToPath(new URL("./fixtures/measuring-page", import.meta.url));
    await build({ root, base: "./", configFile: false, logLevel: "error", build: { outDir: folder, emptyOutDir: true, target: "es2023" } });
    site = await serveSite(folder);
    session = await open(site.url);
  });
  afterAll(async () => {
    await session?.close();
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("without timestamp-query there is no tick, and kernels are timed by the wall clock and say so", async () => {
    expect(measured(await run({ kind: "clock", id: "clock" }), "clock").timestamp_tick_s).toBeNull();
    const { timing } = measured(await run(residual), "kernel");
    expect(timing).toMatchObject({ kind: "wall-clock", because: "no timestamp-query" });
    expect(Math.max(...timing.samples_s)).toBeGreaterThan(0);
  });

  it("without timestamp-query launching costs have no GPU time, and neither have the runs of a start", async () => {
    const overhead = measured(await run({ kind: "overhead", id: "overhead" }), "overhead");
    expect(overhead).toMatchObject({ gpu_dispatch_s: null, gpu_switched_dispatch_s: null });
    const fresh: Job = { kind: "start", id: "start", layer, nonce: 8, start: { fresh: "pipelines" } };
    expect(measured(await run(fresh), "warm-up").starts).toMatchObject([{ fresh: "pipelines", pipelines: "cold", gpu_s: null }]);
  });

  it("an upload that arrives with one bit changed is left out, with the place", async () => {
    const outcome = await run(upload("writeBuffer", "corrupt upload"));
    expect(outcome).toMatchObject({
      kind: "left-out",
      because: expect.stringMatching(/^at byte 1048584 of buffer 0 came back \d+, sent was \d+$/) as string,
    });
    measured(await run(upload("writeBuffer")), "upload");
  });

  it("memory that runs out leaves the job out, and the next one is measured", async () => {
    expect(await run({ ...residual, id: "no memory" })).toEqual({
      kind: "left-out",
      because: "out of GPU memory: 16 GiB asked for",
    });
    measured(await run(residual), "kernel");
  });

  it("a device lost in mid-measurement is told as such, at once and for every later job", async () => {
    const outcome = await run({ ...residual, id: "lose the device" });
    expect(outcome).toMatchObject({ kind: "device-lost", because: expect.stringContaining("lost") as string });
    expect(await run(residual)).toMatchObject({ kind: "device-lost" });
  });
});
