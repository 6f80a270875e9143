import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { InputError } from "../../src/errors.ts";
import { reportHtml } from "../../src/report/html/page.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { peersText } from "../../src/report/peers-text.ts";
import { profileText } from "../../src/report/text.ts";
import { chooseProfile } from "../choose-profile.ts";
import { makeDocument } from "../document.ts";
import { writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { type FoundPeers, peersBeside } from "../kept-peers.ts";
import { hashed, readReportParts } from "../report-parts.ts";

interface WriteOptions {
  /** Where to; report.html in the first folder, or named after the first file beside it, by default. */
  readonly out?: string | undefined;
  /** The peer table to show beside a profile, where the paths hold none. */
  readonly peersFor?: (profile: Profile) => FoundPeers | null;
  /** Whether a file that is no report may be overwritten. */
  readonly isForced?: boolean;
  /** When the page is made; the clock's by default. */
  readonly now?: Date;
}

/** The page of a file: of one that a run's folder holds under that name, the folder's. */
const pageOf = (path: string): string => {
  const name = basename(path).replace(/(?:\.json)?(?:\.gz)?$/u, "");
  return /^(?:profile|device-model|plan|peers|run)$/u.test(name) ? "report.html" : `${name}.html`;
};

/** Whether a file is a page that `report` wrote: nothing is lost with it that the same files do not give again. */
const isReport = (path: string): boolean =>
  statSync(path).isFile() && readFileSync(path, "utf8").includes('<p class="kicker">Ballast report</p>');

/**
 * Writes the report of run folders or files as one self-contained page, at once or not at all.
 *
 * @param paths absolute
 * @returns where it was written
 * @throws InputError where a part cannot be read, the page cannot be written, or another file stands in its place
 */
export const writeReport = (paths: readonly string[], { out, peersFor, isForced = false, now = new Date() }: WriteOptions = {}): string => {
  const read = readReportParts(paths, now);
  const found = read.profile === undefined || read.peers !== undefined ? null : (peersFor?.(read.profile) ?? null);
  const { made } = read;
  const parts =
    found === null ? read : { ...read, peers: found.table, made: made && { ...made, from: [...made.from, hashed(found.path)] } };
  const [first = "."] = paths;
  const isFolder = existsSync(first) && statSync(first).isDirectory();
  const target = out ?? (isFolder ? join(first, "report.html") : join(dirname(first), pageOf(first)));
  if (existsSync(target) && !isForced && !isReport(target)) {
    throw new InputError(
      target,
      "is there already, and is no page of ballast report",
      "Move it away, name another, --out FILE, or give --force.",
    );
  }
  writeWhole(target, reportHtml(parts, makeDocument()));
  return target;
};

interface ReportOptions {
  readonly out?: string;
  readonly text?: true;
  readonly force?: true;
  readonly json?: true;
}

/** `ballast report`: what a run's folder holds, as a page to read, print and send. */
export const reportCommand = (io: Io): Command =>
  new Command("report")
    .description("Write a run as one self-contained HTML page: the answer, what decides it, timelines, curves and the device.")
    .argument("[paths...]", "run folders, or profile, device model, plan and run files (default: the newest run)")
    .option(
      "--out <file>",
      "the page to write (default: report.html in the run's folder, for another file NAME.html beside it); an earlier report there is replaced",
    )
    .option("--force", "overwrite a file that is no report, too")
    .addOption(new Option("--text", "print what was measured instead, and write no page").conflicts(["out", "json"]))
    .option("--json", "print the page's path as JSON")
    .action((given: readonly string[], { out, json, text, force }: ReportOptions) => {
      if (text) {
        for (const path of given.length === 0 ? [undefined] : given) {
          const { profile } = chooseProfile(io, path);
          const peers = peersBeside(io, profile);
          io.out(profileText(profile));
          if (peers !== null) io.out(`\n${peersText(peers.table)}`);
        }
        return;
      }
      const paths = given.length === 0 ? [dirname(chooseProfile(io, undefined).path)] : given.map((path) => resolve(io.cwd, path));
      const report = writeReport(paths, {
        out: out === undefined ? undefined : resolve(io.cwd, out),
        peersFor: (profile) => peersBeside(io, profile),
        isForced: force === true,
      });
      io.out(json ? `${JSON.stringify({ report })}\n` : `${report}\n`);
    });
