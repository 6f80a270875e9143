import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { reportCommand, writeReport } from "../../cli/commands/report.ts";
import { ballastVersion } from "../../cli/project.ts";
import { readReportParts } from "../../cli/report-parts.ts";
import { deviceModel, gpuProfile, plan, run } from "../report/samples.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const NOW = new Date(Date.UTC(2026, 10, 26, 16, 40));

const write = (name: string, value: unknown): string => {
  const path = join(folder.path, name);
  writeFileSync(path, typeof value === "string" || value instanceof Uint8Array ? value : JSON.stringify(value));
  return path;
};

const report = async (...args: string[]): Promise<string> => {
  const { io, written } = terminal({ cwd: folder.path });
  await reportCommand(io).exitOverride().parseAsync(args, { from: "user" });
  return folder.text(written.out);
};

/** The error's message, with a placeholder where the folder's own name stands. */
const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return folder.text((error as Error).message);
  }
  return "no error";
};

describe("ballast report", () => {
  it("makes one page of a run's folder, in that folder, and prints where it is", async () => {
    mkdirSync(join(folder.path, "a-run"));
    write("a-run/profile.json", gpuProfile());
    write("a-run/device-model.json", deviceModel());
    write("a-run/plan.json", plan());
    write("a-run/run-autoscaler.json", run("autoscaler"));
    write("a-run/run-fixed.json", run());
    write("a-run/notes.json", "not ours");
    expect(await report("a-run")).toBe(`${join("<folder>", "a-run", "report.html")}\n`);
    expect(JSON.parse(await report("a-run", "--json"))).toEqual({ report: join("<folder>", "a-run", "report.html") });
    expect(readdirSync(join(folder.path, "a-run")).sort()).toEqual([
      "device-model.json",
      "notes.json",
      "plan.json",
      "profile.json",
      "report.html",
      "run-autoscaler.json",
      "run-fixed.json",
    ]);
    const page = readFileSync(join(folder.path, "a-run", "report.html"), "utf8");
    for (const id of ["answer", "runs", "basis", "curves", "device", "repeat"]) expect(page).toContain(`<h2 id="${id}">`);
  });

  it("prints every measurement of a run, and writes nothing", async () => {
    mkdirSync(join(folder.path, "measured"));
    write("measured/profile.json", gpuProfile());
    const text = await report("measured", "--text");
    for (const words of ["memory roof", "one more in a pass", "Uploads of "]) expect(text).toContain(words);
    expect(readdirSync(join(folder.path, "measured"))).toEqual(["profile.json"]);
  });

  it("takes files by what they are, gzipped or not, and writes where it is told", async () => {
    write("kept.json.gz", gzipSync(JSON.stringify(gpuProfile())));
    write("answer.json", plan());
    expect(await report("kept.json.gz", "answer.json", "--out", "new/page.html")).toBe(`${join("<folder>", "new", "page.html")}\n`);
    expect(readFileSync(join(folder.path, "new", "page.html"), "utf8")).toContain("6 replicas (95 % interval: 6 to 7) of Llama-3.1-8B");
  });
});

describe("ballast report, where a file stands already", () => {
  it("replaces an earlier report, and nothing else unless it is forced to", async () => {
    write("plan.json", plan());
    await report("plan.json");
    const first = readFileSync(join(folder.path, "report.html"), "utf8");
    write("plan.json", { ...plan(), command: "ballast plan other.yaml" });
    await report("plan.json");
    expect(readFileSync(join(folder.path, "report.html"), "utf8")).not.toBe(first);

    write("report.html", "<h1>Mine</h1>");
    await expect(report("plan.json")).rejects.toThrow(
      "report.html: is there already, and is no page of ballast report. Move it away, name another, --out FILE, or give --force.",
    );
    expect(readFileSync(join(folder.path, "report.html"), "utf8")).toBe("<h1>Mine</h1>");
    await report("plan.json", "--force");
    expect(readFileSync(join(folder.path, "report.html"), "utf8")).toContain("npx ballast plan other.yaml");
  });

  it("gives each file a page of its own name, so that one is not lost for another", async () => {
    for (const name of ["today", "next"]) {
      write(`${name}.json`, run());
      expect(await report(`${name}.json`)).toBe(`${join("<folder>", `${name}.html`)}\n`);
    }
    const page = readFileSync(join(folder.path, "today.html"), "utf8");
    expect(page).toContain("simulate SCENARIO --device DEVICE");
    expect(page).toContain("A run does not hold its command.");
  });

  it("says in its foot by which version it was made, when, and from which bytes", () => {
    const path = write("plan.json", plan());
    const html = readFileSync(writeReport([path], { now: NOW }), "utf8");
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    const foot = html
      .slice(html.indexOf("<footer>"))
      .replace(/<[^>]+>/gu, " ")
      .replace(/\s+/gu, " ")
      .trim();
    expect(foot).toBe(
      `Made by Ballast ${ballastVersion} on 2026-11-26 16:40 UTC from these files, with the SHA-256 of each: plan.json ${sha256}`,
    );
    expect(readFileSync(writeReport([path], { now: NOW }), "utf8")).toBe(html);
  });

  it("names the files that it was made from", async () => {
    write("answer.json", plan());
    await report("answer.json", "--out", "page.html");
    expect(readFileSync(join(folder.path, "page.html"), "utf8")).toContain(
      "Every number of this page is in answer.json, from which it was made.",
    );
  });
});

describe("the parts of a report", () => {
  it("have the fixed fleet's run first, whatever the files are called", () => {
    const { runs } = readReportParts([write("run-a.json", run("autoscaler")), write("run-b.json", run())], NOW);
    expect(runs?.map(({ policy }) => policy)).toEqual([run().policy, run("autoscaler").policy]);
  });

  const next = "Give a run's folder, or files that bench, calibrate, simulate, plan or bench:peers wrote.";
  it.each<[string, () => string[], string]>([
    ["a path that is not there", () => [join(folder.path, "x")], `<folder>/x: expected a folder or a file, found neither. ${next}`],
    [
      "a folder with nothing in it",
      () => [folder.path],
      `<folder>: expected profile.json, device-model.json, plan.json, peers.json or a run in this folder, found none. ${next}`,
    ],
    [
      "a file of something else",
      () => [write("package.json", { name: "x" })],
      `<folder>/package.json: schema: expected that of a profile, a device model, a run, a plan or a peer table, got none. ${next}`,
    ],
    [
      "two plans",
      () => [write("a.json", plan()), write("b.json", plan())],
      "<folder>/b.json: expected one plan at most, got a second. Give the files of one run.",
    ],
    [
      "a plan edited by hand",
      () => [write("plan.json", { ...plan(), seeds: [] })],
      "<folder>/plan.json: seeds: expected array to have >=1 items, got a list of 0. Plan again: npm run plan",
    ],
    [
      "a run of a newer version",
      () => [write("run.json", { ...run(), schema: "ballast.run/9" })],
      '<folder>/run.json: schema: "ballast.run/9" is newer than this program, which reads up to "ballast.run/1". Update Ballast (git pull in a clone), or make the file again with this version.',
    ],
    [
      "a truncated profile",
      () => [write("profile.json", JSON.stringify(gpuProfile()).slice(0, 1000))],
      `<folder>/profile.json: expected a JSON object, got the beginning of one (1000 characters). ${next}`,
    ],
    [
      "a damaged archive",
      () => [write("kept.json.gz", "not gzip")],
      `<folder>/kept.json.gz: expected gzipped JSON, found something else or a part of it. ${next}`,
    ],
  ])("cannot be read from %s", (_, paths, message) => {
    const given = paths();
    expect(messageOf(() => readReportParts(given, NOW))).toBe(message);
  });
});
