import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendOnly } from "../../cli/append-only.ts";
import { freshFolder } from "./folder.ts";

const folder = freshFolder();
const path = () => join(folder.path, "lines");

it("keeps every line in order, over several openings", () => {
  const first = appendOnly(path(), "");
  first.append("a");
  first.append("b");
  first.close();
  const second = appendOnly(path(), "");
  second.append("c");
  second.close();
  expect(readFileSync(path(), "utf8")).toBe("a\nb\nc\n");
});

it("holds space beside the file while it is open, and none after", () => {
  const file = appendOnly(path(), "");
  expect(readdirSync(folder.path)).toEqual(["bench.reserve", "lines"]);
  file.close();
  file.close();
  expect(readdirSync(folder.path)).toEqual(["lines"]);
});

it("cannot be opened in a folder that is not there", () => {
  expect(() => appendOnly(join(folder.path, "none", "lines"), "")).toThrow("lines: cannot be written: ENOENT. Choose a place");
  expect(existsSync(join(folder.path, "none"))).toBe(false);
});
