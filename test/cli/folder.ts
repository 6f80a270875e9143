import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** A fresh folder for each test of a file; `text` puts a placeholder where its path stands. */
export const freshFolder = () => {
  const folder = { path: "", text: (text: string) => text.replaceAll(folder.path, "<folder>") };
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), "ballast-test-"));
  });
  afterEach(() => rmSync(folder.path, { recursive: true, force: true }));
  return folder;
};
