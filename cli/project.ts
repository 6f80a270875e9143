import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json, whether this file runs as TypeScript or from dist/. */
const findRoot = (folder: string): string => (existsSync(join(folder, "package.json")) ? folder : findRoot(dirname(folder)));

export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

export const ballastVersion = (JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { readonly version: string }).version;

/** The built measuring page. */
export const siteFolder = join(projectRoot, "dist", "site");

/** Profiles that were kept: results/<device>/<condition>/. */
export const resultsFolder = join(projectRoot, "results");

/** Where runs go by default: the clone's own `runs/`; where Ballast is installed as a package, `runs/` where the user is. */
export const defaultRunsFolder = (cwd: string): string => join(existsSync(join(projectRoot, "tsconfig.json")) ? projectRoot : cwd, "runs");
