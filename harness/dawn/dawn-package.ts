import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError } from "../../src/errors.ts";

/** The npm package `webgpu`, which is Dawn compiled for Node. */
export interface DawnHere {
  readonly url: string;
  readonly version: string;
}

/** The package as Node finds it from Ballast; null where it is not installed: it is an optional dependency. */
export const findDawnOrNull = (): DawnHere | null => {
  try {
    const entry = createRequire(import.meta.url).resolve("webgpu");
    const { version } = JSON.parse(readFileSync(join(dirname(entry), "package.json"), "utf8")) as { readonly version: string };
    return { url: pathToFileURL(entry).href, version };
  } catch {
    return null;
  }
};

/** @throws InputError where it is not installed */
export const findDawn = (): DawnHere => {
  const found = findDawnOrNull();
  if (found !== null) return found;
  throw new InputError(
    "--runtime dawn",
    "needs Dawn for Node, the npm package webgpu, which is not installed here",
    "Run `npm install --no-save webgpu`, or measure in a browser with --runtime chrome.",
  );
};
