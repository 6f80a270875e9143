import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../../bench/peers/contract.ts";
import { continueJournal, type CourseKey, type CoursePlan, newestJournalOrNull, startJournal } from "../../../bench/peers/journal.ts";
import { freshFolder } from "../../cli/folder.ts";
import { messageOf } from "../../message-of.ts";
import { wonAndLost } from "../../report/peers-samples.ts";

const folder = freshFolder();
const key: CourseKey = {
  ballast: "0.1.0",
  condition: "web",
  adapter: "google swiftshader",
  browser: "Chrome/156",
  kernels: "abc",
  libraries: { tfjs: "4.22.0" },
};
const plan: CoursePlan = { selection: "some", shapes: ["1×2048×2048", "decode 1 at 128", "prefill 128"], peers: ["tfjs"], rounds: 6 };
const entries: readonly Entry[] = [
  { race: wonAndLost[0]!, libraries: [{ name: "tfjs", device: "the page's device" }] },
  { left_out: { id: "prefill 128", because: "no answer from the page in 900 s" } },
];

const written = (): string => {
  const journal = startJournal(folder.path, key, plan, "2026-11-24T10:00:00.000Z");
  for (const entry of entries) journal.append(entry);
  journal.close();
  return journal.path;
};

describe("the journal of a peer table", () => {
  it("has each finished shape as soon as it is appended, and the plan", () => {
    const again = continueJournal(written(), key);
    expect(again).toMatchObject({ finished: entries, plan, started_at: "2026-11-24T10:00:00.000Z" });
    again.append({ left_out: { id: "decode 1 at 128", because: "crashed" } });
    again.close();
    expect(continueJournal(again.path, key).finished).toHaveLength(3);
  });

  it("forgets a shape that was cut off in its line, and goes on behind the last whole one", () => {
    const path = written();
    const whole = readFileSync(path, "utf8");
    appendFileSync(path, whole.split("\n")[1]!.slice(0, 100));
    const journal = continueJournal(path, key);
    expect(journal.finished).toEqual(entries);
    journal.close();
    expect(readFileSync(path, "utf8")).toBe(whole);
  });

  it("is found by its condition, and gone when the table is safe", () => {
    const path = written();
    expect(newestJournalOrNull(folder.path, "web")).toBe(path);
    expect(newestJournalOrNull(folder.path, "native-like")).toBeNull();
    continueJournal(path, key).remove();
    expect(newestJournalOrNull(folder.path, "web")).toBeNull();
  });

  it.each<[string, Partial<CourseKey>, string]>([
    ["another browser", { browser: "Chrome/157" }, 'the stopped course had browser "Chrome/156", this one has "Chrome/157"'],
    ["other kernels", { kernels: "def" }, 'the stopped course had kernels "abc", this one has "def"'],
    ["another library", { libraries: { tfjs: "5.0.0" } }, 'had libraries {"tfjs":"4.22.0"}, this one has {"tfjs":"5.0.0"}'],
  ])("does not go on with %s", (_, change, problem) => {
    const path = written();
    const message = messageOf(() => continueJournal(path, { ...key, ...change }));
    expect(message).toContain(problem);
    expect(message).toContain("and their times must not mix. Start anew without --resume; the journal stays where it is.");
  });

  it("names the line that is damaged", () => {
    const path = written();
    writeFileSync(path, readFileSync(path, "utf8").replace('"left_out"', '"left"'));
    expect(messageOf(() => continueJournal(path, key))).toContain("-web.jsonl: line 3: is not what a bench writes");
  });
});
