import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Io } from "./io.ts";

/** The folder of package.json, whether this file runs as TypeScript or from dist/. */
const findRoot = (folder: string): string => (existsSync(join(folder, "package.json")) ? folder : findRoot(dirname(folder)));

export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

export const ballastVersion = (JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { readonly version: string }).version;

/** The built measuring page. */
export const siteFolder = join(projectRoot, "dist", "site");

/** The built program that holds Dawn in a process of its own. */
export const dawnProgram = join(projectRoot, "dist", "harness", "dawn", "child", "main.js");

/** What measures an NVIDIA GPU without a browser. */
export const nativeScript = join(projectRoot, "harness", "native", "cuda_reference.py");

/** Profiles that were kept: results/<device>/<condition>/. */
export const resultsFolder = join(projectRoot, "results");

/** Where runs go by default: BALLAST_RUNS; else the clone's own `runs/`; where Ballast is installed as a package, `runs/` where the user is. */
export const defaultRunsFolder = (cwd: string, env: Io["env"] = process.env): string => {
  const named = env["BALLAST_RUNS"];
  return named ? resolve(cwd, named) : join(existsSync(join(projectRoot, "tsconfig.json")) ? projectRoot : cwd, "runs");
};
