import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { reportHtml } from "../../src/report/html/page.ts";
import { profileText } from "../../src/report/text.ts";
import { chooseProfile } from "../choose-profile.ts";
import { makeDocument } from "../document.ts";
import { writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { readReportParts } from "../report-parts.ts";

/**
 * Writes the report of run folders or files as one self-contained page, at once or not at all.
 *
 * @param paths absolute
 * @param out where to; report.html in the first folder, or beside the first file, by default
 * @returns where it was written
 * @throws InputError where a part cannot be read or the page cannot be written
 */
export const writeReport = (paths: readonly string[], out?: string): string => {
  const parts = readReportParts(paths);
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
        for (const path of given.length === 0 ? [undefined] : given) io.out(profileText(chooseProfile(io, path).profile));
        return;
      }
      const paths = given.length === 0 ? [dirname(chooseProfile(io, undefined).path)] : given.map((path) => resolve(io.cwd, path));
      const report = writeReport(paths, out === undefined ? undefined : resolve(io.cwd, out));
      io.out(json ? `${JSON.stringify({ report })}\n` : `${report}\n`);
    });
