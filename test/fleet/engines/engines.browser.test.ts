import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import puppeteer, { type Browser } from "puppeteer";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, softwareLine } from "../../driver/the-browser.ts";
import { count, runs } from "./runs.ts";

/** One for all tests of the file. */
const folder = mkdtempSync(join(tmpdir(), "ballast-test-engines-"));
type Numbered = [number: number, text: string][];
const inOrder = (parts: Numbered): string[] => parts.sort(([a], [b]) => a - b).map(([, text]) => text);

let here: string[];
let code: string;
let chromium: Browser;

beforeAll(async () => {
  here = inOrder(runs());
  const outDir = join(folder, "bundle");
  await build({
    configFile: false,
    logLevel: "silent",
    build: {
      outDir,
      lib: { entry: join(import.meta.dirname, "runs.ts"), formats: ["iife"], name: "simulated", fileName: () => "runs.js" },
    },
  });
  code = readFileSync(join(outDir, "runs.js"), "utf8");
  chromium = await puppeteer.launch({
    executablePath: browser.path,
    args: [...softwareLine.flags],
    userDataDir: join(folder, "profile"),
  });
});
afterAll(async () => {
  await chromium?.close();
  rmSync(folder, { recursive: true, force: true });
});

const inWorker = (worker: number, workers: number): Promise<Numbered> =>
  new Promise((resolve, reject) => {
    const thread = new Worker(`${code}\nrequire("node:worker_threads").parentPort.postMessage(simulated.runs(${worker}, ${workers}));`, {
      eval: true,
    });
    thread.once("message", resolve);
    thread.once("error", reject);
  });

describe("the same scenarios and seeds give the same bytes", () => {
  it("in one worker", async () => {
    expect(inOrder(await inWorker(0, 1))).toEqual(here);
  });

  it("in eight workers", async () => {
    const parts = await Promise.all(Array.from({ length: 8 }, (_, worker) => inWorker(worker, 8)));
    expect(inOrder(parts.flat())).toEqual(here);
  });

  it("in a page of Chromium, and in a worker of that page", async () => {
    const page = await chromium.newPage();
    const inPage = (await page.evaluate(`${code}\nsimulated.runs()`)) as Numbered;
    expect(inOrder(inPage)).toEqual(here);
    const script = JSON.stringify(`${code}\npostMessage(simulated.runs())`);
    const inPageWorker = (await page.evaluate(
      `new Promise((resolve, reject) => {
         const worker = new Worker(URL.createObjectURL(new Blob([${script}])));
         worker.onmessage = ({ data }) => resolve(data);
         worker.onerror = (event) => reject(new Error(event.message));
       })`,
    )) as Numbered;
    expect(inOrder(inPageWorker)).toEqual(here);
  });

  it("of runs that have scaled, waited and been preempted", () => {
    expect(here).toHaveLength(count);
    const parsed = here.map(
      (text) => JSON.parse(text) as { scale_events: unknown[]; preemptions: number; latency: { ttft_s: { max: number } } },
    );
    expect(parsed.filter(({ scale_events }) => scale_events.length > 3).length).toBeGreaterThan(count / 2);
    expect(parsed.some(({ preemptions }) => preemptions > 0)).toBe(true);
    expect(parsed.some(({ latency }) => latency.ttft_s.max > 10)).toBe(true);
  });
});
