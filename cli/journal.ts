import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Journal } from "../harness/driver/bench-run.ts";
import { InputError } from "../src/errors.ts";
import type { JobResult } from "../src/profile/jobs.ts";
import { measurementSchema, verificationSchema } from "../src/profile/schema.ts";
import { settingName } from "../src/profile/setting.ts";
import { appendOnly } from "./append-only.ts";
import { writing } from "./files.ts";

const JOURNAL_SCHEMA = "ballast.journal/1";

/** What a run was started with. It continues only under the same: results of different devices or settings never mix. */
const keySchema = z.strictObject({
  ballast: z.string(),
  condition: z.enum(["web", "native-like"]),
  runtime: z.enum(["chrome", "dawn"]),
  quick: z.boolean(),
  adapter: z.string(),
  browser: z.string(),
});
export type JournalKey = z.infer<typeof keySchema>;

const headerSchema = z.strictObject({ schema: z.literal(JOURNAL_SCHEMA), started_at: z.iso.datetime(), key: keySchema });
type Header = z.infer<typeof headerSchema>;

const resultSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("measured"), measurement: measurementSchema }),
  z.strictObject({ kind: z.literal("verified"), verification: verificationSchema }),
  z.strictObject({ kind: z.literal("left-out"), because: z.string() }),
]);
const entrySchema = z.union([
  z.strictObject({ id: z.string(), spent_s: z.number().min(0), result: resultSchema }),
  z.strictObject({ note: z.string() }),
]);

/** The journal of one run: JSON Lines, a header and then one line for each finished job or note. */
export interface JournalFile extends Journal {
  readonly path: string;
  readonly startedAt: string;
  /** Nothing more is appended; what was, stays. */
  close(): void;
  /** The run's profile is safe: the journal goes. */
  remove(): void;
}

const PREFIX = "unfinished-";
const nameOf = ({ key, started_at }: Header) => `${PREFIX}${started_at.replace(/[:.]/g, "")}-${settingName(key)}.jsonl`;

const opened = (path: string, header: Header, lines: readonly z.infer<typeof entrySchema>[]): JournalFile => {
  const entries = lines.filter((line) => "id" in line);
  const file = appendOnly(path, "Make room there; a bench is then continued with --resume.");
  const append = (line: z.infer<typeof entrySchema>) => file.append(JSON.stringify(line));
  return {
    path,
    startedAt: header.started_at,
    finished: new Map(entries.map(({ id, result }) => [id, result])),
    notes: lines.flatMap((line) => ("note" in line ? [line.note] : [])),
    spent: entries.at(-1)?.spent_s ?? 0,
    append: (id, result, spent) => append({ id, spent_s: spent, result: kept(result) }),
    note: (note) => append({ note }),
    close: file.close,
    remove: () => {
      file.close();
      rmSync(path, { force: true });
    },
  };
};

/** The loop repeats a lost device's job and then leaves it out, so that no loss is ever the result. */
const kept = (result: JobResult): z.infer<typeof resultSchema> =>
  result.kind === "device-lost" ? { kind: "left-out", because: result.because } : result;

/** @throws InputError where the folder cannot be written */
export const startJournal = (runs: string, key: JournalKey, startedAt: string): JournalFile => {
  const header: Header = { schema: JOURNAL_SCHEMA, started_at: startedAt, key };
  const path = join(runs, nameOf(header));
  writing(path, () => writeFileSync(path, `${JSON.stringify(header)}\n`, { flag: "wx" }));
  return opened(path, header, []);
};

/** The journal of the newest stopped run of a condition in a runtime; null where there is none. */
export const newestJournalOrNull = (runs: string, setting: Pick<JournalKey, "condition" | "runtime">): string | null => {
  const names = readdirSync(runs).filter((name) => name.startsWith(PREFIX) && name.endsWith(`Z-${settingName(setting)}.jsonl`));
  const newest = names.sort().at(-1);
  return newest === undefined ? null : join(runs, newest);
};

const START_ANEW = "Start anew without --resume; the journal stays where it is.";

/** A line of a journal as what its schema says. @throws InputError where it is something else */
export const parsedLine = <T>(schema: z.ZodType<T>, line: string, place: string): T => {
  try {
    const result = schema.safeParse(JSON.parse(line));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new InputError(place, `is not what a bench writes (${issue?.path.join(".") || "the line"}: ${issue?.message})`, START_ANEW);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(place, "expected one line of JSON, got something else", START_ANEW);
  }
};

/**
 * Opens a stopped run's journal to continue it. A last line that was cut off is the job that was under way: it goes, and the job
 * runs again.
 *
 * @throws InputError where a line is damaged, or the run was started with something else than `key`
 */
export const continueJournal = (path: string, key: JournalKey): JournalFile => {
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const [first = "", ...rest] = whole.split("\n").slice(0, -1);
  const header = parsedLine(headerSchema, first, `${path}: line 1`);
  for (const name of ["condition", "runtime", "quick", "adapter", "browser", "ballast"] as const) {
    if (header.key[name] !== key[name]) {
      throw new InputError(
        "--resume",
        `the stopped run had ${name} "${header.key[name]}", this one has "${key[name]}", and their results must not mix`,
        "Give the options it was started with, or start anew without --resume.",
      );
    }
  }
  const lines = rest.map((line, index) => parsedLine(entrySchema, line, `${path}: line ${index + 2}`));
  if (whole.length < text.length) writing(path, () => truncateSync(path, Buffer.byteLength(whole)));
  return opened(path, header, lines);
};
