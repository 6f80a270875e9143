// Makes what the commands run: packages where they are missing, dist/ from TypeScript, dist/site/ from the page.
// Plain JavaScript on purpose: it runs in a fresh clone, before any package is there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const say = (line) => process.stderr.write(`${line}\n`);

/** Runs a program in the project's folder; ends this process with the program's exit code where it fails. */
export const runOrExit = (program, args) => {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ["inherit", 2, "inherit"] });
  if (error) say(`ballast: cannot run ${program}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
};

/** Path of a package's own program, so that no shell shim is needed. */
export const tool = (name) => {
  const folder = join(root, "node_modules", name);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bin === "string" ? bin : bin[name]);
};

const digestOf = (...texts) => {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex");
};

/** Runs `make` unless the stamp beside its product says that these very inputs already made it. */
const unlessStamped = (stamp, digest, make) => {
  const path = join(root, stamp);
  if (existsSync(path) && readFileSync(path, "utf8") === digest) return;
  make();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, digest);
};

const filesBelow = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Installs the locked packages where node_modules is missing or was made from another lockfile. */
export const ensurePackages = () =>
  unlessStamped("node_modules/.ballast-lock", digestOf(readFileSync(join(root, "package-lock.json"))), () => {
    say("ballast: installing the npm packages of package-lock.json into node_modules/ (once)");
    runOrExit(process.platform === "win32" ? "npm.cmd" : "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  });

/** Compiles TypeScript to dist/ (incrementally) and the measuring page to dist/site/ (when one of its inputs changed). */
export const ensureBuilt = () => {
  if (!existsSync(join(root, "tsconfig.json"))) return; // an installed package carries its dist/
  ensurePackages();
  runOrExit(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  const inputs = ["kernels", "src", "harness/measure", "harness/page"].flatMap(filesBelow);
  const stamps = inputs.map((path) => `${path} ${statSync(path).size} ${digestOf(readFileSync(path))}`);
  unlessStamped("dist/site/.stamp", digestOf(...stamps, readFileSync(join(root, "package-lock.json"))), () =>
    runOrExit(process.execPath, [tool("vite"), "build", "--config", "vite.config.ts", "--logLevel", "warn"]),
  );
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) ensureBuilt();
