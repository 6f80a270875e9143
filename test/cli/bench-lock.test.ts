import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockRuns } from "../../cli/bench-lock.ts";
import { freshFolder } from "./folder.ts";

const folder = freshFolder();

describe("two benches at once", () => {
  it("are refused, with the other's process", () => {
    const unlock = lockRuns(folder.path);
    expect(() => lockRuns(folder.path)).toThrow(
      `bench: another one is running (process ${process.pid}), and two would measure each other. Wait until it has ended.`,
    );
    unlock();
    lockRuns(folder.path)();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("are not confused by one that was killed", () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    writeFileSync(join(folder.path, "bench.lock"), String(pid));
    const unlock = lockRuns(folder.path);
    expect(existsSync(join(folder.path, "bench.lock"))).toBe(true);
    unlock();
  });

  it("are not confused by a lock that was never filled in", () => {
    writeFileSync(join(folder.path, "bench.lock"), "");
    lockRuns(folder.path)();
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("a runs folder that cannot be written", () => {
  it("is refused before anything is measured", () => {
    // Not even root may make a folder in /proc.
    expect(() => lockRuns("/proc/ballast-runs")).toThrowErrorMatchingInlineSnapshot(
      `[InputError: /proc/ballast-runs: cannot be written: ENOENT. Name a folder that can be written with --runs FOLDER.]`,
    );
  });

  it("may be a file", () => {
    const file = join(folder.path, "runs");
    writeFileSync(file, "");
    const refused = () => {
      try {
        lockRuns(file);
      } catch (error) {
        throw new Error(folder.text((error as Error).message), { cause: error });
      }
    };
    expect(refused).toThrowErrorMatchingInlineSnapshot(
      `[Error: <folder>/runs: cannot be written: EEXIST. Name a folder that can be written with --runs FOLDER.]`,
    );
  });
});
