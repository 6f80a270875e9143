import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { reportHtml } from "../../src/report/html/page.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { peersText } from "../../src/report/peers-text.ts";
import { profileText } from "../../src/report/text.ts";
import { chooseProfile } from "../choose-profile.ts";
import { makeDocument } from "../document.ts";
import { writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { type FoundPeers, peersBeside } from "../kept-peers.ts";
import { readReportParts } from "../report-parts.ts";

interface WriteOptions {
  /** Where to; report.html in the first folder, or beside the first file, by default. */
  readonly out?: string | undefined;
  /** The peer table to show beside a profile, where the paths hold none. */
  readonly peersFor?: (profile: Profile) => FoundPeers | null;
}

/**
 * Writes the report of run folders or files as one self-contained page, at once or not at all.
 *
 * @param paths absolute
 * @returns where it was written
 * @throws InputError where a part cannot be read or the page cannot be written
 */
export const writeReport = (paths: readonly string[], { out, peersFor }: WriteOptions = {}): string => {
  const read = readReportParts(paths);
  const found = read.profile === undefined || read.peers !== undefined ? null : (peersFor?.(read.profile) ?? null);
  const parts = found === null ? read : { ...read, peers: found.table };
  const [first = "."] = paths;
  const folder = existsSync(first) && statSync(first).isDirectory() ? first : dirname(first);
  const target = out ?? join(folder, "report.html");
  writeWhole(target, reportHtml(parts, makeDocument()));
  return target;
};

interface ReportOptions {
  readonly out?: string;
  readonly text?: true;
  readonly json?: true;
}

/** `ballast report`: what a run's folder holds, as a page to read, print and send. */
export const reportCommand = (io: Io): Command =>
  new Command("report")
    .description("Write a run as one self-contained HTML page: the answer, what decides it, timelines, curves and the device.")
    .argument("[paths...]", "run folders, or profile, device model, plan and run files (default: the newest run)")
    .option("--out <file>", "the page to write (default: report.html in the run's folder)")
    .addOption(new Option("--text", "print what was measured instead, and write no page").conflicts(["out", "json"]))
    .option("--json", "print the page's path as JSON")
    .action((given: readonly string[], { out, json, text }: ReportOptions) => {
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
      });
      io.out(json ? `${JSON.stringify({ report })}\n` : `${report}\n`);
    });
