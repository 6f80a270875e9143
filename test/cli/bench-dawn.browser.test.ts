import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { benchCommand } from "../../cli/commands/bench.ts";
import type { Examination } from "../../cli/commands/doctor.ts";
import { main } from "../../cli/main.ts";
import { projectRoot } from "../../cli/project.ts";
import { isAlive } from "../../harness/driver/is-alive.ts";
import { readProfile } from "../../src/profile/read.ts";
import { dawnProcesses, whyNoDawn } from "../dawn/dawn.ts";
import { leftBehind, pages } from "../driver/the-browser.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

/** A machine on which no browser can be found by name; SwiftShader is looked for beside those that are installed all the same. */
const env = { ...process.env, BALLAST_BROWSER: "/nowhere/chrome", BALLAST_NO_INSTALL: "1" };

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL"); // one that a failed test left running
});

const startBench = (...args: string[]) => {
  const written = { out: "", err: "" };
  const child = spawn(
    process.execPath,
    ["bin/ballast.mjs", "bench", "--runtime", "dawn", "--software", "--quick", "--budget", "220", ...args],
    { cwd: projectRoot, env },
  );
  started.push(child);
  child.stdout.on("data", (text) => (written.out += text));
  child.stderr.on("data", (text) => (written.err += text));
  const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, written, code, pid: child.pid ?? 0 };
};

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
};

const reason = await whyNoDawn();

describe.skipIf(reason !== null)(`bench in Dawn in Node${reason === null ? "" : ` (${reason})`}`, () => {
  const folder = freshFolder();
  const runs = mkdtempSync(join(tmpdir(), "ballast-test-"));
  afterAll(() => rmSync(runs, { recursive: true }));
  const journal = () => readdirSync(runs).find((name) => name.startsWith("unfinished-"));
  const finished = () => (journal() === undefined ? 0 : readFileSync(join(runs, journal() ?? ""), "utf8").split('"result"').length - 1);

  it("says whose figures they will be, starts no browser, survives the death of its process, and stops at Ctrl-C", async () => {
    const { child, written, code, pid } = startBench("--runs", runs);
    await until(() => finished() >= 1);
    expect(written.err).toMatch(/^This is not a GPU: SwiftShader \(software\).*\nDawn in Node, not a browser: /m);
    expect(leftBehind(pid).processes).toEqual([]);

    const before = finished();
    const [dawn = 0] = dawnProcesses(pid);
    process.kill(dawn, "SIGKILL");
    await until(() => written.err.includes("Dawn's process ended by SIGKILL; the device was opened again") && finished() > before);

    await until(() => dawnProcesses(pid).length > 0);
    const second = dawnProcesses(pid);
    expect(second).not.toContain(dawn);
    child.kill("SIGINT");
    expect(await code).toBe(130);
    expect(written.err).toContain(
      `Stopped. What was measured is kept; \`npm run bench -- --resume --quick --budget 220 --software --runtime dawn --runs ${JSON.stringify(runs)}\` continues.`,
    );
    expect(second.filter(isAlive)).toEqual([]);
    expect(leftBehind(pid)).toEqual({ folders: [], processes: [] });
    expect(journal()).toMatch(/Z-web-dawn\.jsonl$/);
  });

  it("continues where it stopped, and goes all the way to an answer that is labelled as its own", async () => {
    const before = finished();
    const { written, code } = startBench("--runs", runs, "--resume");
    expect({ code: await code, err: written.err }).toEqual({ code: 0, err: expect.stringContaining(`${before} measurements are there.`) });
    expect(written.out).toContain("Measured with Dawn in Node, not in a browser");

    const [name = "", ...others] = readdirSync(runs);
    expect(others).toEqual([]);
    expect(name).toMatch(/^\d{4}-\d\d-\d\d-web-dawn-[0-9a-f]{8}$/);
    const profile = readProfile(readFileSync(join(runs, name, "profile.json"), "utf8"), name);
    expect(profile).toMatchObject({
      runtime: "dawn",
      condition: "web",
      is_gpu: false,
      environment: { browser: expect.stringMatching(/^Dawn in Node \S+ \(npm webgpu \S+\)$/), weakening_flags: [] },
    });
    expect(profile.left_out).toContainEqual({
      id: expect.stringMatching(/^load-pipeline/),
      because: "this runtime has no server that a file could be streamed from",
    });
    const page = readFileSync(join(runs, name, "report.html"), "utf8");
    expect(page).toContain("Dawn in Node, not a browser: ");
  });

  it("names a bench that would continue a browser's run as its own", async () => {
    const { io } = terminal({ env });
    const refused = await benchCommand(io, { site: pages.real, stages: () => [] })
      .exitOverride()
      .parseAsync(["--runtime", "dawn", "--software", "--resume", "--runs", folder.path], { from: "user" })
      .catch((error: Error) => folder.text(error.message));
    expect(refused).toMatchInlineSnapshot(
      `"--resume: no stopped run of condition "web" with --runtime dawn is in <folder>. Leave --resume out to start one."`,
    );
  });

  it("is examined by doctor, without a browser", async () => {
    const { io, written } = terminal({ env });
    expect(await main(["doctor", "--runtime", "dawn", "--software", "--json"], io)).toBe(0);
    const examination = JSON.parse(written.out) as Examination;
    expect(examination).toMatchObject({
      can_bench: true,
      runtime: "dawn",
      dawn: { is_installed: true },
      browser: null,
      device: { is_gpu: false },
    });
  });
});

it("bench takes no browser's path with --runtime dawn", async () => {
  const { io, written } = terminal({ env });
  expect(await main(["bench", "--runtime", "dawn", "--browser", "/usr/bin/chromium"], io)).toBe(1);
  expect(written.err).toBe("--browser: names a browser, and --runtime dawn starts none. Leave one of the two out.\n");
});
