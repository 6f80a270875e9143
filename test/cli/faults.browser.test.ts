import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { benchCommand, type BenchParts } from "../../cli/commands/bench.ts";
import { projectRoot } from "../../cli/project.ts";
import type { Job } from "../../src/profile/jobs.ts";
import { readProfile } from "../../src/profile/read.ts";
import { browser, leftBehind, pages, script } from "../driver/the-browser.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const MIB = 2 ** 20;
const folder = freshFolder();

const upload = (mebibytes: number): Job => ({
  kind: "upload",
  id: `upload ${mebibytes} MiB`,
  method: "writeBuffer",
  bytes: mebibytes * MIB,
  chunk_bytes: 4 * MIB,
});

/** A bench of these jobs alone, in this process; the profile it wrote. */
const bench = async (parts: BenchParts, ...args: string[]) => {
  const { io, written } = terminal({ env: process.env });
  await benchCommand(io, parts)
    .exitOverride()
    .parseAsync(["--software", "--runs", folder.path, ...args], { from: "user" })
    .catch(() => {}); // so few measurements answer nothing
  const [run = ""] = readdirSync(folder.path).filter((name) => name.includes("-web-"));
  return { ...written, profile: readProfile(readFileSync(join(folder.path, run, "profile.json"), "utf8"), run) };
};

describe("a fault in the middle of a bench", () => {
  it("memory that runs out leaves out what needs it, and everything else is measured", async () => {
    const small = script(mkdtempSync(join(folder.path, "browser-")), `ulimit -d 2000000\nexec '${browser.path}' "$@"`);
    const parts: BenchParts = { site: pages.real, stages: () => [() => [upload(4), upload(3072), upload(5)]] };
    const { profile } = await bench(parts, "--browser", small.path);
    expect(profile.left_out).toEqual([
      { id: "upload 3072 MiB", because: expect.stringMatching(/^(?:out of GPU memory|twice: the GPU device was lost): /) as string },
    ]);
    expect(profile.measurements.map(({ id }) => id)).toEqual(["upload 4 MiB", "upload 5 MiB"]);
  });

  it("a page that is loaded anew costs the measurement under way, which is repeated once", async () => {
    const ids = ["before", "reload", "after"];
    const { profile, err } = await bench({ site: pages.faults, stages: () => [() => ids.map((id): Job => ({ kind: "clock", id }))] });
    expect(profile.left_out).toEqual([
      { id: "before", because: "echo before" },
      { id: "reload", because: "twice: the page was loaded anew" },
      { id: "after", because: "echo after" },
    ]);
    expect(err).toContain("reload: the page was loaded anew; the device was opened again and the measurement repeated.");
    expect(leftBehind()).toEqual({ folders: [], processes: [] });
  });
});

/** What stands in the journals of stopped runs. */
const finishedIn = (runs: string): string[] =>
  readdirSync(runs)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(join(runs, name), "utf8").split("\n").slice(1, -1))
    .flatMap((line) => (JSON.parse(line) as { id?: string }).id ?? []);

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
};

const command = ["bin/ballast.mjs", "bench", "--software", "--quick", "--budget", "200"];
const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

describe.skipIf(!canMount)("a disk that runs full (needs a mount namespace)", () => {
  it("stops the bench with a sentence; what was finished is in the journal, the last one too", () => {
    const [small, kept] = [join(folder.path, "small"), join(folder.path, "kept")];
    const shell = `mkdir "$1" "$2"; mount -t tmpfs -o size=1064k none "$1"; shift 2; "$@"; code=$?; cp "$0"/* '${kept}'; exit $code`;
    const { status, stderr } = spawnSync(
      "unshare",
      ["-rm", "sh", "-c", shell, small, small, kept, process.execPath, ...command, "--runs", small],
      { cwd: projectRoot, encoding: "utf8" },
    );
    expect(stderr).toContain(
      "the disk takes no more (ENOSPC); what was finished is in it. Make room there; a bench is then continued with --resume.",
    );
    expect(status).toBe(1);
    const finished = finishedIn(kept);
    expect(finished[0]).toBe("clock");
    expect(finished.length).toBeGreaterThan(1);
    expect(readdirSync(kept)).toHaveLength(1);
  });
});

describe("Ctrl-C at any stage", () => {
  const runs = mkdtempSync(join(tmpdir(), "ballast-test-"));
  afterAll(() => rmSync(runs, { recursive: true }));

  const stages: [string, (err: string) => boolean][] = [
    ["while the browser starts", () => true],
    ["while the adapter is looked at", (err) => err.includes("This is not a GPU")],
    ["while the first things are measured", () => finishedIn(runs).length >= 1],
    ["while kernels are timed", () => finishedIn(runs).some((id) => id.startsWith("matmul/"))],
  ];

  it.each(stages)("%s: exit code 130, one sentence, nothing left behind, nothing lost", async (_, hasCome) => {
    const before = finishedIn(runs);
    const resume = before.length > 0 ? ["--resume"] : [];
    const child = spawn(process.execPath, [...command, "--runs", runs, ...resume], { cwd: projectRoot });
    const written = { err: "" };
    child.stderr.on("data", (text) => (written.err += text));
    const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await until(() => hasCome(written.err) && (written.err !== "" || leftBehind(child.pid).folders.length > 0));
    const finished = finishedIn(runs);
    child.kill("SIGINT");
    expect(await code).toBe(130);
    expect(written.err).toMatch(/Stopped(?: before anything was measured)?\./);
    expect(leftBehind(child.pid)).toEqual({ folders: [], processes: [] });
    expect(finishedIn(runs)).toEqual(expect.arrayContaining([...before, ...finished]));
    expect(readdirSync(runs).filter((name) => !name.endsWith(".jsonl"))).toEqual([]);
  });

  it("while the answer is worked out: the profile is there, and was named before", async () => {
    const child = spawn(process.execPath, [...command, "--runs", runs, "--resume"], { cwd: projectRoot });
    const written = { err: "" };
    child.stderr.on("data", (text) => (written.err += text));
    const ended = new Promise<string | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    await until(() => written.err.includes("Profile: "));
    child.kill("SIGINT");
    expect(await ended).toBe("SIGINT");
    const [, path = ""] = /^Profile: (.+)$/m.exec(written.err) ?? [];
    expect(readProfile(readFileSync(path, "utf8"), path).is_quick).toBe(true);
    expect(leftBehind(child.pid)).toEqual({ folders: [], processes: [] });
  });
});
