import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { projectRoot } from "../../../cli/project.ts";
import { openFolderStore } from "../../../cli/sweep/folder-store.ts";
import { runAll } from "../../../cli/sweep/run-all.ts";
import { Jobs, type RunJob } from "../../../cli/sweep/run-job.ts";
import { startThreads } from "../../../cli/sweep/threads.ts";
import { freshFolder } from "../folder.ts";
import { terminal } from "../terminal.ts";
import { chat, contentOf, grid, sweep, write } from "./sweeps.ts";

vi.setConfig({ testTimeout: 240_000 });

const folder = freshFolder();
const run = (...args: string[]) => sweep(folder.path, "grid.json", ...args);
const stored = (store: string): Record<string, string> => contentOf(join(folder.path, store));
beforeEach(() => write(folder.path, { "grid.json": { ...grid, seeds: 4 } }));

/** The command in a process of its own. */
const start = (...args: string[]) => {
  const main = pathToFileURL(join(projectRoot, "dist/cli/main.js")).href;
  const code = `const { main } = await import(${JSON.stringify(main)}); process.exitCode = await main(process.argv.slice(1));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code, "sweep", "grid.json", ...args], {
    cwd: folder.path,
    env: { ...process.env, INIT_CWD: folder.path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { err: "" };
  child.stderr.on("data", (piece: Buffer) => (written.err += piece.toString()));
  child.stdout.resume();
  return { child, written, exit: once(child, "exit") as Promise<[code: number | null, signal: string | null]> };
};

const runsIn = (store: string): number => {
  const path = join(folder.path, store, "runs");
  return existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".json")).length : 0;
};

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(2);
};

describe("a sweep's store", () => {
  it("is the same byte for byte with one worker and with eight", async () => {
    const one = await run("--store", "one", "--workers", "1");
    const eight = await run("--store", "eight", "--workers", "8");
    expect([one.code, eight.code]).toEqual([0, 0]);
    expect(eight.out).toBe(one.out);
    expect(Object.keys(stored("one"))).toHaveLength(24 + 1);
    expect(stored("eight")).toEqual(stored("one"));
  });

  it("ends the same however often the process is killed at some moment, and started again", async () => {
    await run("--store", "whole");
    let [killed, before] = [0, 0];
    for (let i = 0; i < 5 && before < 24; i += 1) {
      const { child, exit } = start("--store", "killed", "--workers", "2");
      await Promise.race([exit, until(() => runsIn("killed") > before)]);
      await sleep(Math.random() * 30); // any moment will do: the law has no exception
      child.kill("SIGKILL");
      if ((await exit)[1] === "SIGKILL") killed += 1;
      before = runsIn("killed");
    }
    expect(killed).toBeGreaterThan(0);
    const { err } = await run("--store", "killed");
    expect(err).toContain(`24 runs, ${before} of them in killed already.\n`);
    expect(stored("killed")).toEqual(stored("whole"));
  });

  it("is what the shards make together, each run in one of them", async () => {
    await run("--store", "whole");
    const shards = [];
    for (const i of [1, 2, 3]) {
      expect((await run("--store", `part-${i}`, "--shard", `${i}/3`)).code).toBe(0);
      shards.push(stored(join(`part-${i}`, "runs")));
    }
    expect(Object.assign({}, ...shards)).toEqual(stored(join("whole", "runs")));
    expect(shards.reduce((sum, shard) => sum + Object.keys(shard).length, 0)).toBe(24);
    expect(Math.max(...shards.map((shard) => Object.keys(shard).length))).toBeLessThan(24);
  });

  it("keeps what is finished at Ctrl-C, and says how to go on", async () => {
    write(folder.path, { "grid.json": { ...grid, seeds: 200 } });
    const { child, exit, written } = start("--store", "stopped", "--workers", "2");
    await until(() => runsIn("stopped") > 3);
    child.kill("SIGINT");
    expect(await exit).toEqual([130, null]);
    const finished = runsIn("stopped");
    expect(finished).toBeLessThan(1200);
    expect(written.err).toContain(
      `Stopped: ${finished} of 1,200 runs are finished and kept in stopped. The same command goes on from there.\n`,
    );
  });
});

describe("a worker that goes away in mid-run", () => {
  /** A run for each module, which is its policy. */
  const jobsOf = async (modules: readonly string[]): Promise<RunJob[]> => {
    const jobs = new Jobs(terminal({ cwd: folder.path }).io);
    const all: RunJob[] = [];
    for (const [i, module] of modules.entries()) {
      write(folder.path, { [`policy-${i}.mjs`]: module });
      const fields = { ...chat, policy: { kind: "module", file: `policy-${i}.mjs` } };
      const job = { fields, place: `run ${i}`, folder: folder.path, cwd: folder.path };
      all.push({ ...job, seed: 1, address: jobs.addressOf(await jobs.load(job), 1) });
    }
    return all;
  };
  const signal = new AbortController().signal;

  it("takes one run with it, which is done again and gives the same bytes", async () => {
    // It says that it is under way and waits to be killed; where it has said so before, it goes on.
    const waiting = `
      import { existsSync, writeFileSync } from "node:fs";
      const started = new URL("started", import.meta.url);
      export const decide = ({ now }) => {
        if (now > 20 && !existsSync(started)) {
          writeFileSync(started, "");
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100_000);
        }
        return 2;
      };
    `;
    const jobs = await jobsOf([waiting, "export const decide = () => 3;"]);
    const store = openFolderStore(join(folder.path, "kept"), "kept");
    const threads = startThreads(1);
    try {
      const work = runAll(jobs, store, threads, signal);
      await until(() => existsSync(join(folder.path, "started")));
      await threads.threads[0]!.terminate();
      expect(await work).toMatchObject({ failed: [], repeated: 1 });
    } finally {
      await threads.close();
    }
    const here = new Jobs(terminal({ cwd: folder.path }).io);
    for (const job of jobs) expect(stored("kept/runs")[`${job.address}.json`]).toBe(await here.run(job));
  });

  it("is given up after three times, and the other runs are done", async () => {
    const deadly = "export const decide = ({ now }) => (now > 20 ? process.exit(3) : 2);"; // ends the thread it runs in
    const jobs = await jobsOf([deadly, "export const decide = () => 3;", "export const decide = () => 1;"]);
    const store = openFolderStore(join(folder.path, "kept"), "kept");
    const threads = startThreads(1);
    try {
      expect(await runAll(jobs, store, threads, signal)).toMatchObject({ failed: [{ job: jobs[0] }], repeated: 2 });
      const { failed } = await runAll(jobs.slice(0, 1), store, threads, signal);
      expect(failed[0]!.because).toMatchInlineSnapshot(
        `"run 0, seed 1: its worker was lost 3 times (worker exited with code: 3). Is there memory enough? Fewer workers take less: --workers 1"`,
      );
    } finally {
      await threads.close();
    }
    expect([...(await store.addresses())].sort()).toEqual(
      jobs
        .slice(1)
        .map(({ address }) => address)
        .sort(),
    );
  });
});
