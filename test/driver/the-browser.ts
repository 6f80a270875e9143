import { chmodSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileProbe } from "../../harness/driver/browser/file-probe.ts";
import { findBrowserOrNull, type FoundBrowser } from "../../harness/driver/browser/find-browser.ts";
import { launchHost, searchPlaces } from "../../harness/driver/host.ts";
import { launchLine } from "../../harness/driver/browser/launch-flags.ts";
import { siteFolder } from "../../cli/project.ts";

const found = findBrowserOrNull(await searchPlaces(process.env, undefined), fileProbe);
if (found === null) throw new Error("browser tests need a browser: npm run doctor");

/** The browser of this machine. */
export const browser: FoundBrowser = found;

/** Its launch line for the software adapter. */
export const softwareLine = launchLine("software", "web", launchHost());

export const pages = {
  real: siteFolder,
  faults: join(import.meta.dirname, "fixtures", "faults"),
  broken: join(import.meta.dirname, "fixtures", "broken"),
  withoutWebgpu: join(import.meta.dirname, "fixtures", "without-webgpu"),
};

/**
 * The same browser behind a script that changes its command line, which is how a browser that behaves otherwise is had.
 *
 * @param dropped flags that begin so are left out
 * @param added flags that come last, and so hold
 */
export const wrappedBrowser = (folder: string, { dropped = [], added = [] }: { dropped?: string[]; added?: string[] }): FoundBrowser => {
  const path = join(folder, "browser");
  const drop = dropped.length === 0 ? "" : `${dropped.map((flag) => `${flag}*`).join("|")}) ;;`;
  writeFileSync(
    path,
    `#!/bin/sh\nfor flag; do shift; case $flag in ${drop} *) set -- "$@" "$flag" ;; esac; done\nexec '${browser.path}' "$@" ${added.join(" ")}\n`,
  );
  chmodSync(path, 0o755);
  return { path, source: "--browser" };
};

/** A program in place of a browser. */
export const script = (folder: string, text: string): FoundBrowser => {
  const path = join(folder, "browser");
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return { path, source: "--browser" };
};

/** Processes whose command line contains `text`, by id (Linux). */
export const processesWith = (text: string): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
      } catch {
        return false; // it ended while we looked
      }
    })
    .map(Number);

/** What sessions of process `pid` have left behind: temporary profiles, and processes that use one. */
export const leftBehind = (pid = process.pid) => ({
  folders: readdirSync(tmpdir()).filter((name) => name.startsWith(`ballast-browser-${pid}-`)),
  processes: processesWith(`ballast-browser-${pid}-`),
});

/** The GPU process of the session's browser, whose temporary profile bears our id. */
export const gpuProcess = (pid = process.pid): number => {
  const own = new Set(processesWith(`ballast-browser-${pid}-`));
  const gpu = processesWith("--type=gpu-process").find((process) => own.has(process));
  if (gpu === undefined) throw new Error("the browser has no GPU process");
  return gpu;
};
