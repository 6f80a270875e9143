// Runs Ballast with the carried browser, and packs what was measured into one file to bring back.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

const here = import.meta.dirname;
const args = process.argv.slice(2);

process.env.BALLAST_BROWSER ??= join(here, "browser/start.sh");
process.env.BALLAST_RUNS ??= join(here, "runs");
process.env.BALLAST_NO_INSTALL = "1"; // there is nothing to install from

/** The folder that holds the runs: as the user named it, else beside this file. */
const runsFolder = () => {
  const at = args.findIndex((arg) => arg === "--runs" || arg.startsWith("--runs="));
  const named = at === -1 ? undefined : args[at] === "--runs" ? args[at + 1] : args[at].slice("--runs=".length);
  return resolve(named ?? process.env.BALLAST_RUNS);
};

const isOfRun = (name) => !name.startsWith("bench."); // its lock and its reserve

/** Packs all runs so far, stopped ones too, and the kept profiles. Says what to bring back; fails where there is nothing, or no room. */
const pack = () => {
  const runs = runsFolder();
  if (!existsSync(runs) || !readdirSync(runs).some(isOfRun)) return false;
  const folder = dirname(runs);
  const file = join(folder, "ballast-runs.tar.gz");
  const kept = join(here, "ballast/results");
  if (existsSync(kept)) cpSync(kept, join(folder, "results"), { recursive: true }); // as they lie in a clone
  const names = [basename(runs), ...(existsSync(kept) ? ["results"] : [])];
  const { status, stderr } = spawnSync(join(here, "bin/busybox"), ["tar", "-czf", file, "-C", folder, ...names], { encoding: "utf8" });
  process.stderr.write(
    status === 0
      ? `Bring back: ${file} (${Math.ceil(statSync(file).size / 1000)} kB, all runs so far). At home, in the clone: tar -xzf ${basename(file)} && npm run report\n`
      : `Bring back: ${runs} (it could not be packed into one file: ${stderr.trim()})\n`,
  );
  return status === 0;
};

const PEERS = "bench:peers"; // a benchmark, and the one that needs the GPU
if (args[0] === "pack") {
  process.exitCode = pack() ? 0 : 1;
} else if (args[0] === PEERS) {
  process.argv.splice(2, 1);
  await import("./ballast/dist/bench/peers.js");
} else {
  const { main } = await import("./ballast/dist/cli/main.js");
  process.exitCode = await main(args);
}
if (args[0] === "bench" || args[0] === PEERS) pack();
