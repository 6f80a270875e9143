import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkPlace, makeNewFolder, writeWhole } from "../../cli/files.ts";
import { freshFolder } from "./folder.ts";

const folder = freshFolder();

const messageOf = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    return folder.text((error as Error).message);
  }
  return "nothing was thrown";
};

describe("writing a whole file", () => {
  it("makes the folders it needs and leaves no temporary name", () => {
    writeWhole(join(folder.path, "a", "b.json"), "{}");
    expect(readdirSync(join(folder.path, "a"))).toEqual(["b.json"]);
  });

  it("that fails leaves the old content and no temporary name", () => {
    const path = join(folder.path, "taken");
    mkdirSync(path);
    writeFileSync(join(path, "inside"), "old");
    expect(messageOf(() => writeWhole(path, "new"))).toMatchInlineSnapshot(
      `"<folder>/taken: cannot be written: EISDIR. Choose a place that can be written, and make sure that its disk has room."`,
    );
    expect(readFileSync(join(path, "inside"), "utf8")).toBe("old");
    expect(readdirSync(folder.path)).toEqual(["taken"]);
  });
});

describe("a place for a file", () => {
  it("is tried before the work, and nothing is left there", () => {
    checkPlace(folder.path, undefined);
    checkPlace(folder.path, "new/folder/run.json");
    expect(readdirSync(folder.path)).toEqual([]);
    writeFileSync(join(folder.path, "file"), "");
    expect(messageOf(() => checkPlace(folder.path, "."))).toBe(
      ".: expected a file, got a folder. Name a file in it; it need not be there yet.",
    );
    expect(messageOf(() => checkPlace(folder.path, "file/run.json"))).toContain("file/run.json: cannot be written: ENOTDIR");
  });
});

describe("a run's folder", () => {
  it("is never one that is there already", () => {
    expect(messageOf(() => makeNewFolder(folder.path))).toMatchInlineSnapshot(
      `"<folder>: cannot be written: EEXIST. Choose a place that can be written, and make sure that its disk has room."`,
    );
  });
});
