import { appendFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { continueJournal, newestJournalOrNull, readJournal, startJournal } from "../../cli/journal.ts";
import type { JobResult } from "../../src/profile/jobs.ts";
import { UNKNOWN_MACHINE } from "../../src/profile/machine-state.ts";
import type { Opening } from "../../src/profile/opening.ts";
import { h200, swiftShader } from "../driver/adapters.ts";
import { runs } from "../runs.ts";
import { openingOf } from "../profile/opening.ts";
import { freshFolder } from "./folder.ts";

const folder = freshFolder();
const startedAt = "2026-11-24T10:00:00.000Z";
const opening: Opening = openingOf({ started_at: startedAt, environment: { ...openingOf().environment, adapter: h200.adapter } });
const { environment } = opening;
const clock = (id: string): JobResult => ({
  kind: "measured",
  measurement: { kind: "clock", id, timestamp_tick_s: 1e-9, performance_now_step_s: 5e-6, empty_submit_s: [1e-4], small_submit_s: [2e-3] },
});

/** A journal with three finished jobs and a note. */
const written = () => {
  const journal = startJournal(folder.path, opening);
  journal.append("clock", clock("clock"), 1.5);
  journal.append("verify copy", { kind: "verified", verification: { kind: "failed", variant: "copy", because: "NaN" } }, 2.5);
  journal.note("overhead: the page crashed");
  journal.append("overhead", { kind: "left-out", because: "twice: the page crashed" }, 4);
  return journal.path;
};

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return folder.text((error as Error).message);
  }
  return "nothing was thrown";
};

describe("the journal", () => {
  it("gives back what was finished, what it took and what was noted", () => {
    const journal = continueJournal(written(), opening);
    expect([...journal.finished]).toEqual([
      ["clock", clock("clock")],
      ["verify copy", { kind: "verified", verification: { kind: "failed", variant: "copy", because: "NaN" } }],
      ["overhead", { kind: "left-out", because: "twice: the page crashed" }],
    ]);
    expect(journal).toMatchObject({ spent: 4, notes: ["overhead: the page crashed"], startedAt });
  });

  it("is read with what its run was, without being touched, and with the state of the machine where the run could still write it", () => {
    const path = written();
    expect(readJournal(path)).toMatchObject({ opening, spent: 4, machine: null });
    const machine = { ...UNKNOWN_MACHINE, power_source: "mains" as const };
    continueJournal(path, opening).machine(machine);
    appendFileSync(path, '{"id":"cut o');
    const before = readFileSync(path, "utf8");
    expect(readJournal(path)).toMatchObject({ opening, machine, notes: ["overhead: the page crashed"] });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it("goes on where it stopped", () => {
    const path = written();
    continueJournal(path, opening).append("later", { kind: "left-out", because: "no memory" }, 9);
    expect(continueJournal(path, opening)).toMatchObject({ spent: 9 });
    expect([...continueJournal(path, opening).finished.keys()]).toEqual(["clock", "verify copy", "overhead", "later"]);
  });

  it("cut off anywhere after its header loses only the line that was being written", () => {
    const path = written();
    const whole = readFileSync(path);
    const header = whole.indexOf("\n") + 1;
    const ids = ["clock", "verify copy", "overhead"];
    fc.assert(
      fc.property(fc.integer({ min: header, max: whole.length }), (length) => {
        writeFileSync(path, whole.subarray(0, length));
        const journal = continueJournal(path, opening);
        const kept = [...journal.finished.keys()];
        expect(kept).toEqual(ids.slice(0, kept.length));
        const lines = whole.subarray(0, length).toString().split("\n").length - 2;
        expect(kept.length + journal.notes.length).toBe(lines);
        journal.append("again", { kind: "left-out", because: "x" }, 5);
        expect([...continueJournal(path, opening).finished.keys()]).toEqual([...kept, "again"]);
      }),
      runs(60),
    );
  });

  it("of the newest run of a condition in a runtime is found, and others are not", () => {
    expect(newestJournalOrNull(folder.path, opening)).toBeNull();
    startJournal(folder.path, { ...opening, started_at: "2026-11-23T10:00:00.000Z" });
    const newest = startJournal(folder.path, { ...opening, started_at: "2026-11-24T09:00:00.000Z" });
    startJournal(folder.path, { ...opening, condition: "native-like", started_at: "2026-11-25T10:00:00.000Z" });
    const dawn = startJournal(folder.path, { ...opening, runtime: "dawn", started_at: "2026-11-25T11:00:00.000Z" });
    expect(newestJournalOrNull(folder.path, { ...opening, runtime: "dawn" })).toBe(dawn.path);
    expect(newestJournalOrNull(folder.path, opening)).toBe(newest.path);
    newest.remove();
    expect(newestJournalOrNull(folder.path, opening)).toMatch("2026-11-23");
    expect(readdirSync(folder.path).filter((name) => name.endsWith(".jsonl"))).toHaveLength(3);
  });

  it.each<[string, string, Partial<Opening>]>([
    ["adapter", "nvidia hopper, NVIDIA H200", { environment: { ...environment, adapter: { ...h200.adapter, description: "another" } } }],
    ["quick", "false", { is_quick: true }],
    ["condition", "web", { condition: "native-like" }],
    ["runtime", "chrome", { runtime: "dawn" }],
    ["browser", environment.browser, { environment: { ...environment, browser: "Chrome/157.0.0.0" } }],
    ["ballast", opening.ballast_version, { ballast_version: "0.2.0" }],
  ])("is not continued under another %s", (name, before, change) => {
    const path = written();
    expect(messageOf(() => continueJournal(path, { ...opening, ...change }))).toContain(
      `--resume: the stopped run had ${name} "${before}", this one has`,
    );
  });

  it("says so in full", () => {
    const path = written();
    expect(
      messageOf(() => continueJournal(path, { ...opening, environment: { ...environment, adapter: swiftShader.adapter } })),
    ).toMatchInlineSnapshot(
      `"--resume: the stopped run had adapter "nvidia hopper, NVIDIA H200", this one has "google swiftshader, SwiftShader Device (Subzero)", and their results must not mix. Give the options it was started with, or start anew without --resume."`,
    );
  });

  it("with a damaged line in the middle is refused by the line's number", () => {
    const path = written();
    appendFileSync(path, 'not JSON\n{"note":"x"}\n');
    expect(messageOf(() => continueJournal(path, opening)).replace(path, "<journal>")).toMatchInlineSnapshot(
      `"<folder>/unfinished-2026-11-24T100000000Z-web.jsonl: line 6: expected one line of JSON, got something else. Start anew; the journal stays where it is."`,
    );
  });

  it("that was edited by hand is refused by the line's number", () => {
    const path = written();
    writeFileSync(path, readFileSync(path, "utf8").replace('"spent_s":2.5', '"spent_s":-1'));
    expect(messageOf(() => continueJournal(path, opening))).toMatchInlineSnapshot(
      `"<folder>/unfinished-2026-11-24T100000000Z-web.jsonl: line 3: is not what a bench writes (spent_s: Too small: expected number to be >=0). Start anew; the journal stays where it is."`,
    );
  });

  it("of another program is refused", () => {
    const path = written();
    writeFileSync(path, '{"some":"thing"}\n');
    expect(messageOf(() => continueJournal(path, opening))).toMatchInlineSnapshot(
      `"<folder>/unfinished-2026-11-24T100000000Z-web.jsonl: line 1: is not what a bench writes (schema: Invalid input: expected "ballast.journal/2"). Start anew; the journal stays where it is."`,
    );
  });
});
