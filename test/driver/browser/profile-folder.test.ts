import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeProfileFolder } from "../../../harness/driver/browser/profile-folder.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "ballast-test-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

/** The id of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ["--version"]).pid;

describe("a temporary profile folder", () => {
  it("is empty, and goes with all that the browser wrote", () => {
    const folder = makeProfileFolder(parent);
    expect(readdirSync(folder.path)).toEqual([]);
    mkdirSync(join(folder.path, "Default", "Cache"), { recursive: true });
    folder.remove();
    expect(readdirSync(parent)).toEqual([]);
  });

  it("of a process that was killed goes when the next is made; of one that lives it stays", () => {
    const left = join(parent, `ballast-browser-${deadPid()}-abc`);
    const used = join(parent, `ballast-browser-${process.pid}-abc`);
    const others = join(parent, "someone-elses");
    for (const folder of [left, used, others]) mkdirSync(folder);
    makeProfileFolder(parent).remove();
    expect([left, used, others].map((folder) => existsSync(folder))).toEqual([false, true, true]);
  });

  it("listens for the process's end only while it is there", () => {
    const before = process.listenerCount("exit");
    const folder = makeProfileFolder(parent);
    expect(process.listenerCount("exit")).toBe(before + 1);
    folder.remove();
    expect(process.listenerCount("exit")).toBe(before);
  });
});
