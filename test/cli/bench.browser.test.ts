import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { benchCommand, type BenchParts } from "../../cli/commands/bench.ts";
import { projectRoot } from "../../cli/project.ts";
import type { Job } from "../../src/profile/jobs.ts";
import { kernelJob } from "../../src/profile/timed-jobs.ts";
import { readProfile } from "../../src/profile/read.ts";
import { gpuProcess, leftBehind, pages, processesWith } from "../driver/the-browser.ts";
import { freshFolder } from "./folder.ts";
import { openingOf } from "../profile/opening.ts";
import { terminal } from "./terminal.ts";
import { startJournal } from "../../cli/journal.ts";

/** The built command in a process of its own, as a person runs it; with time enough for a machine that does other things as well. */
const startBench = (...args: string[]) => {
  const written = { out: "", err: "" };
  const child: ChildProcess = spawn(process.execPath, ["bin/ballast.mjs", "bench", "--software", "--quick", "--budget", "200", ...args], {
    cwd: projectRoot,
  });
  child.stdout?.on("data", (text) => (written.out += text));
  child.stderr?.on("data", (text) => (written.err += text));
  const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, written, code, pid: child.pid ?? 0 };
};

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
};

describe("a bench that is disturbed, stopped and continued", () => {
  const runs = mkdtempSync(join(tmpdir(), "ballast-test-"));
  afterAll(() => rmSync(runs, { recursive: true }));
  const journal = () => readdirSync(runs).find((name) => name.startsWith("unfinished-"));
  const finished = () => (journal() === undefined ? 0 : readFileSync(join(runs, journal() ?? ""), "utf8").split('"result"').length - 1);

  it("says first that this is no GPU, lets no second one in, survives the loss of its GPU process, and stops at Ctrl-C", async () => {
    const { child, written, code, pid } = startBench("--runs", runs);
    const journalled = (text: string) => journal() !== undefined && readFileSync(join(runs, journal() ?? ""), "utf8").includes(text);
    await until(() => journalled('"id":"verify '));
    expect(written.err).toMatch(/^This is not a GPU: SwiftShader \(software\)/);

    const second = startBench("--runs", runs);
    expect(await second.code).toBe(1);
    expect(second.written.err).toContain(`bench: another one is running (process ${pid}), and two would measure each other.`);

    const before = finished();
    process.kill(gpuProcess(pid), "SIGKILL");
    await until(() => written.err.includes("the device was opened again") && finished() > before);

    child.kill("SIGINT");
    expect(await code).toBe(130);
    expect(written.err).toContain(
      `Stopped. What was measured is kept; \`npm run bench -- --resume --quick --budget 200 --software --runs ${JSON.stringify(runs)}\` continues.`,
    );
    expect(leftBehind(pid)).toEqual({ folders: [], processes: [] });
    expect(readdirSync(runs)).toEqual([journal()]);
  });

  it("continues where it stopped, and goes all the way to the answer", async () => {
    const before = finished();
    const { written, code, pid } = startBench("--runs", runs, "--resume");
    expect({ code: await code, err: written.err }).toEqual({ code: 0, err: expect.stringContaining(`${before} measurements are there.`) });
    expect(written.out).toMatch(/^Pipeline check, not a capacity answer/);
    expect(leftBehind(pid)).toEqual({ folders: [], processes: [] });

    const [name = "", ...others] = readdirSync(runs);
    expect(others).toEqual([]);
    expect(name).toMatch(/^\d{4}-\d\d-\d\d-web-[0-9a-f]{8}$/);
    expect(readdirSync(join(runs, name))).toEqual(
      expect.arrayContaining(["device-model.json", "plan.json", "profile.json", "report.html"]),
    );
    const profile = readProfile(readFileSync(join(runs, name, "profile.json"), "utf8"), name);
    expect(profile).toMatchObject({ is_gpu: false, is_quick: true, condition: "web", device: "SwiftShader (software)" });
    expect(profile.notes).toContainEqual(expect.stringContaining("the device was opened again"));
    expect(new Set(profile.measurements.map(({ id }) => id)).size).toBe(profile.measurements.length);
    expect(profile.environment.launch_flags.join(" ")).not.toContain(tmpdir());
  });

  it("checks the profile's predictions on steps it never saw, in a process of its own, and keeps nothing", async () => {
    const [name = ""] = readdirSync(runs);
    const child = spawn(
      process.execPath,
      ["bin/ballast.mjs", "bench", "--check", join(runs, name), "--budget", "200", "--json", "--runs", runs],
      { cwd: projectRoot, stdio: ["ignore", "pipe", "inherit"] },
    );
    let out = "";
    child.stdout.on("data", (text) => (out += text));
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code).toBe(0);
    const check = JSON.parse(out);
    expect(check).toMatchObject({ schema: "ballast.check/1", device: "SwiftShader (software)", seed: 1, error: { kind: "checked" } });
    expect(check.error.points).toHaveLength(12);
    expect(check.again.length).toBeGreaterThanOrEqual(6);
    expect(check.drift).toBeGreaterThan(0);
    expect(leftBehind(child.pid ?? 0)).toEqual({ folders: [], processes: [] });
    expect(readdirSync(tmpdir()).filter((entry) => entry.startsWith("ballast-check-"))).toEqual([]);
    expect(readdirSync(runs)).toEqual([name]);
  });
});

describe("a bench on a page with faults", () => {
  const folder = freshFolder();
  const faults: BenchParts = { site: pages.faults, stages: () => [() => ["throw", "lose", "next"].map((id) => ({ kind: "clock", id }))] };
  const bench = async (parts: BenchParts, ...args: string[]) => {
    const { io, written } = terminal({ env: process.env });
    const command = benchCommand(io, parts).exitOverride();
    const error = await command
      .parseAsync([...(args.includes("--finish") ? [] : ["--software"]), "--runs", folder.path, ...args], { from: "user" })
      .then(
        () => null,
        (error: Error) => error.message,
      );
    return { error, ...written };
  };

  it("writes a profile that names what was left out and why, though no answer can be given from it", async () => {
    const { error, err } = await bench(faults);
    const [run = ""] = readdirSync(folder.path);
    const profile = readProfile(readFileSync(join(folder.path, run, "profile.json"), "utf8"), run);
    expect(profile.left_out).toEqual([
      { id: "throw", because: "the measuring page failed: a mistake in the page" },
      { id: "lose", because: "twice: device lost: destroyed" },
      { id: "next", because: "echo next" },
    ]);
    expect(err).toContain("Profile: ");
    expect(err).toContain("The profile is kept, and `npm run report` shows what is in it. It is too short for an answer:\n");
    expect(error).toMatch(/npm run bench/);
    expect(leftBehind()).toEqual({ folders: [], processes: [] });
  });

  it("fails where a kernel is faster than the roofs allow, after the profile is kept, and says which kernel and which roof", async () => {
    const kernel = (variant: string, microseconds: number): Job => kernelJob(variant, { bytes: 1e9, microseconds }, "cold");
    const stages = (microseconds: number) => () => [() => [kernel("copy/vec4", 1e6), kernel("matmul/tiled-f32", microseconds)]];
    const { error, err } = await bench({ ...faults, stages: stages(5e5) });
    expect(error).toMatchInlineSnapshot(
      `"bench: faster than the roof: matmul/tiled-f32 bytes=1000000000 microseconds=500000 cold: 200 % (200) of the memory roof, 1.00 GB/s by copy/vec4 bytes=1000000000 microseconds=1000000 cold. A kernel that leaves something out, or a roof that is not one: trust neither. All that was measured is kept; run bench again on a quiet machine, and report it if it stays."`,
    );
    const [run = ""] = readdirSync(folder.path);
    expect(err).toContain(`Profile: ${join(folder.path, run, "profile.json")}`);
    expect(readProfile(readFileSync(join(folder.path, run, "profile.json"), "utf8"), run).measurements).toHaveLength(2);

    // The control: as fast as the roof, it fails for want of an answer alone.
    expect((await bench({ ...faults, stages: stages(1e6) })).error).toMatch(/^profile of SwiftShader/);
  });

  it("ends on time where the page hangs, and names the measurement", async () => {
    await bench({ ...faults, stages: () => [() => [{ kind: "clock", id: "hang" }]] }, "--budget", "4");
    const [run = ""] = readdirSync(folder.path);
    const profile = readProfile(readFileSync(join(folder.path, run, "profile.json"), "utf8"), run);
    expect(profile.left_out).toEqual([{ id: "hang", because: "the time budget had ended" }]);
    expect(processesWith(`ballast-browser-${process.pid}-`)).toEqual([]);
  });

  it("finishes a stopped run without a device, as often as it is asked, and keeps its journal", async () => {
    const stopped = startJournal(folder.path, { ...openingOf(), started_at: "2026-11-24T10:00:00.000Z" });
    stopped.append("throw", { kind: "left-out", because: "no memory" }, 1);
    stopped.close();
    for (const named of [[], [stopped.path]]) {
      const { error, err } = await bench({ ...faults, site: "nowhere" }, "--finish", ...named);
      expect(error).toBeNull();
      expect(err).toContain("It is too short for an answer:\nprofile of ");
    }
    const [run = "", ...others] = readdirSync(folder.path);
    expect(others).toEqual([expect.stringMatching(/^unfinished-/u)]);
    const { left_out } = readProfile(readFileSync(join(folder.path, run, "profile.json"), "utf8"), run);
    expect(left_out).toEqual([
      { id: "throw", because: "no memory" },
      { id: "lose", because: "the run was stopped before" },
      { id: "next", because: "the run was stopped before" },
    ]);
  });

  it("has nothing to continue where none was stopped", async () => {
    expect(folder.text((await bench(faults, "--resume")).error ?? "")).toMatchInlineSnapshot(
      `"--resume: no stopped run of condition "web" is in <folder>. Leave --resume out to start one."`,
    );
    expect(existsSync(join(folder.path, "bench.lock"))).toBe(false);
  });

  it("names a page that was not built", async () => {
    expect(folder.text((await bench({ ...faults, site: folder.path })).error ?? "")).toMatchInlineSnapshot(
      `"<folder>: expected the built measuring page there, found none. Run \`npm run build\`."`,
    );
  });
});
