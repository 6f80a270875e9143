import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { projectRoot } from "../project.ts";

/** What a worker runs: the built program. */
export const workerProgram = join(projectRoot, "dist", "cli", "sweep", "worker.js");

const IMPORT = /^(?:import|export)\b[\w\s{},*$]*\bfrom "([^"]+)";|^import "([^"]+)";|\bimport\("([^"]+)"\)/gmu;

/** What a built module imports: paths from its folder, and names of packages. */
export const importsIn = (text: string): string[] => [...text.matchAll(IMPORT)].map(([, from, bare, later]) => from ?? bare ?? later ?? "");

/** Which packages that code runs on: the lock file; where there is none, as in an installed package, the versions that package.json asks for. */
export const packagesIn = (root: string): string => {
  const lock = join(root, "package-lock.json");
  if (existsSync(lock)) return readFileSync(lock, "utf8");
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly dependencies?: object };
  return JSON.stringify(dependencies ?? {});
};

/**
 * Hash of the code that simulates: of each file that the worker's program imports, and those in turn, and of the packages' versions. Code that no
 * run goes through may change without it.
 */
export const programHash = (): string => {
  const texts = new Map<string, string>();
  const visit = (path: string): void => {
    if (texts.has(path)) return;
    const text = readFileSync(path, "utf8");
    texts.set(path, text);
    for (const name of importsIn(text)) if (name.startsWith(".")) visit(join(dirname(path), name));
  };
  visit(workerProgram);
  const hash = createHash("sha256").update(packagesIn(projectRoot)).update("\0");
  for (const [path, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(relative(projectRoot, path).replaceAll("\\", "/")).update("\0").update(text).update("\0");
  }
  return hash.digest("hex");
};
