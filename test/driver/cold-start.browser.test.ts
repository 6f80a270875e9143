import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { browserRuntime } from "../../harness/driver/browser/browser-runtime.ts";
import { runLaunchJob, type Launch } from "../../harness/driver/cold-start.ts";
import { launchHost } from "../../harness/driver/host.ts";
import { openBeside, openDevice, type DeviceRequest, type OpenDevice } from "../../harness/driver/open-device.ts";
import { makeProfileFolder } from "../../harness/driver/browser/profile-folder.ts";
import { serveSite, type Site } from "../../harness/driver/site/serve.ts";
import { shaderCaches } from "../../harness/driver/browser/shader-caches.ts";
import type { TemporaryFolder } from "../../harness/driver/site/temporary-folder.ts";
import { startingChoices } from "../../src/profile/choose.ts";
import type { CompileJob, LaunchJob, StartJob, WarmUpJob } from "../../src/profile/jobs.ts";
import { measurementSchema, type MeasurementOf } from "../../src/profile/schema.ts";
import { browser, leftBehind } from "./the-browser.ts";

const LIMIT_S = 120;
const outDir = mkdtempSync(join(tmpdir(), "ballast-test-page-"));

const batch = { prefill_tokens: 2, prefill_context: 3, decode_sequences: 1, decode_context: 4 };
const layer = {
  choices: startingChoices("f32", false, []),
  shape: { hidden: 64, intermediate: 96, heads: 4, kv_heads: 2, head_dim: 16, ...batch },
};
const warmUp: WarmUpJob = { kind: "warm-up", id: "warm-up", layer, launches: 1, restarts: 1, devices: 1, pipelines: 1, nothing: 1 };
const compile: CompileJob = { kind: "compile", id: "compile", layer, pending: [1, 3], copies: 1 };

/** What a session's page compiled: on which of its devices, and which text. */
type Compiled = readonly { readonly device: number; readonly text: string }[];

let site: Site;
let request: DeviceRequest;
/** The session that measures everything else. It stays open meanwhile. */
let main: OpenDevice;

beforeAll(async () => {
  const root = join(import.meta.dirname, "fixtures", "counting-page");
  await build({ root, base: "./", configFile: false, logLevel: "error", build: { outDir, emptyOutDir: true, target: "es2023" } });
  site = await serveSite(outDir);
  const runtime = browserRuntime({ browser, url: site.url, host: launchHost(), condition: "web" });
  request = { runtime, platform: process.platform, gpu: null, isSoftwareForced: true, natives: [] };
  main = await openDevice(request);
});
afterAll(async () => {
  await main?.session.close();
  await site?.close();
  rmSync(outDir, { recursive: true, force: true });
  expect(leftBehind()).toEqual({ folders: [], processes: [] });
});

/** Launches as the bench does; `told` gathers what each session compiled, `profiles` the folders it was launched on. */
const launches = (signal?: AbortSignal) => {
  const told: Compiled[] = [];
  const profiles: string[] = [];
  const launch: Launch = async (profile, limit) => {
    profiles.push(profile.path);
    const session = await openBeside({ ...request, signal }, main, profile, limit);
    const close = async () => {
      const answer = await session.run({ kind: "clock", id: "tell" }, LIMIT_S).catch(() => null);
      if (answer !== null && "because" in answer) told.push(JSON.parse(answer.because) as Compiled);
      await session.close();
    };
    return { startTime: session.startTime, run: session.run, close };
  };
  return { launch, told, profiles };
};

const measured = async <J extends LaunchJob>(job: J, launch: Launch): Promise<MeasurementOf<J["kind"]>> => {
  const outcome = await runLaunchJob(job, launch, LIMIT_S);
  if (outcome.kind !== "measured") throw new Error(outcome.kind === "verified" ? "verified" : outcome.because);
  expect(measurementSchema.parse(outcome.measurement)).toEqual(outcome.measurement);
  return outcome.measurement as MeasurementOf<J["kind"]>;
};

const onlyMainIsLeft = () => expect(leftBehind().folders).toHaveLength(1);

describe("starts of a layer", () => {
  const { launch, told, profiles } = launches();
  let warm: MeasurementOf<"warm-up">;
  beforeAll(async () => {
    warm = await measured(warmUp, launch);
  });
  afterEach(onlyMainIsLeft);

  it("are one of each kind, every pipeline and module timed", () => {
    expect(warm.missing).toBeNull();
    expect(warm.starts.map(({ fresh, pipelines }) => `${fresh} ${pipelines}`)).toEqual([
      "process cold",
      "nothing hot",
      "pipelines cold",
      "device process-warm",
      "process disk-warm",
    ]);
    const kernels = warm.starts[0]!.pipelines_s.length;
    for (const { pipelines_s, shader_modules_s, dispatches_s, gpu_s, steady_after } of warm.starts) {
      expect([pipelines_s.length, shader_modules_s.length]).toEqual([kernels, kernels]);
      expect(gpu_s).toHaveLength(1 + dispatches_s.length);
      expect(steady_after).toBeLessThan(dispatches_s.length);
    }
  });

  it("compile what their names say: the same texts where a cache is to answer, others where none may", () => {
    const kernels = warm.starts[0]!.pipelines_s.length;
    const [first = [], second = []] = told;
    const withNonce = ({ text }: Compiled[number]) => /\.x == 2[1-6]\d{8}u/.test(text);
    const [cold, hot, fresh, device] = [0, 1, 2, 3].map((i) => first.filter(withNonce).slice(i * kernels, (i + 1) * kernels));
    const texts = (compiled: Compiled = []) => compiled.map(({ text }) => text);
    expect(new Set(texts(cold)).size).toBe(kernels);
    expect(texts(hot)).toEqual(texts(cold));
    expect(texts(fresh).filter((text) => texts(cold).includes(text))).toEqual([]);
    expect(texts(device)).toEqual(texts(cold));
    expect(texts(second)).toEqual(texts(cold));
    expect([cold, hot, fresh, device].map((compiled) => new Set(compiled!.map(({ device }) => device)))).toEqual([
      new Set([0]),
      new Set([0]),
      new Set([0]),
      new Set([1]),
    ]);
  });

  it("a cold one finds no shader on the disk, a disk-warm one those that the browser left in the same profile", () => {
    const [cold, , , , diskWarm] = warm.starts;
    expect(cold).toMatchObject({ browser_cache_entries: 0, driver_cache_bytes: 0 });
    if (diskWarm?.fresh !== "process") throw new Error("expected a start of a process");
    expect(diskWarm.launch).toBe(0);
    expect(diskWarm.browser_cache_entries).toBeGreaterThan(0);
    expect(profiles).toHaveLength(2);
    expect(new Set(profiles).size).toBe(1);
    expect(existsSync(profiles[0]!)).toBe(false);
  });

  it("leave the session that was open before as it was", async () => {
    expect(await main.session.describe()).toMatchObject({ kind: "adapter" });
  });
});

describe("compiling", () => {
  afterEach(onlyMainIsLeft);

  it("is measured in every state with every number pending, whole copies of the layer each time", async () => {
    const { launch, told, profiles } = launches();
    const { runs, kernels, missing } = await measured(compile, launch);
    expect(missing).toBeNull();
    expect(runs.map(({ pipelines, pending }) => `${pipelines} ${pending}`)).toEqual(
      ["cold", "hot", "process-warm", "disk-warm"].flatMap((state) => compile.pending.map((pending) => `${state} ${pending}`)),
    );
    for (const { each_s, pending } of runs) {
      expect(each_s.length % kernels).toBe(0);
      expect(each_s.length).toBeGreaterThanOrEqual(pending);
    }
    expect(new Set(profiles).size).toBe(1);
    const [first = [], second = []] = told;
    expect(new Set(first.map(({ device }) => device))).toEqual(new Set([0, 1]));
    expect(new Set(second.map(({ text }) => text))).toEqual(new Set(first.map(({ text }) => text)));
  });
});

describe("the browser's cache of compiled shaders", () => {
  const start = (nonce: number): StartJob => ({
    kind: "start",
    id: "start",
    layer,
    nonce,
    start: { fresh: "process", pipelines: "cold", launch: 0, browser_start_s: 0, browser_cache_entries: 0, driver_cache_bytes: 0 },
  });
  /** Bytes in the cache after a process of its own compiled the texts of this nonce. */
  const after = async (profile: TemporaryFolder, nonce: number) => {
    const session = await openBeside(request, main, profile, LIMIT_S);
    expect(await session.run(start(nonce), LIMIT_S)).toMatchObject({ kind: "measured" });
    await session.close();
    return shaderCaches(profile).browser_cache_entries;
  };

  it("answers the second process: the same texts add nothing to it, others do", async () => {
    const profile = makeProfileFolder();
    try {
      const first = await after(profile, 1);
      const again = await after(profile, 1);
      const others = await after(profile, 2);
      expect(first).toBeGreaterThan(0);
      expect(again).toBe(first);
      expect(others).toBeGreaterThan(again!);
    } finally {
      profile.remove();
    }
  });
});

describe("launches that do not come to their end", () => {
  afterEach(onlyMainIsLeft);

  it.each([
    ["while the browser starts", 50],
    ["while it measures", 2000],
  ])("an abort %s rejects with its reason and leaves nothing", async (_, ms) => {
    const controller = new AbortController();
    const { launch } = launches(controller.signal);
    const reason = new Error("interrupted");
    const timer = setTimeout(() => controller.abort(reason), ms);
    await expect(runLaunchJob({ ...warmUp, launches: 100 }, launch, LIMIT_S)).rejects.toBe(reason);
    clearTimeout(timer);
  });

  it("a time that ends before the first cold start gives no measurement, and why", async () => {
    const outcome = await runLaunchJob(warmUp, launches().launch, 0.2);
    expect(outcome).toMatchObject({ because: expect.any(String) as string });
    expect(["hung", "left-out"]).toContain(outcome.kind);
  });
});
