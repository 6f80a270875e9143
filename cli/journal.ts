import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Journal } from "../harness/driver/bench-run.ts";
import { adapterName } from "../harness/driver/guard.ts";
import { InputError } from "../src/errors.ts";
import type { JobResult } from "../src/profile/jobs.ts";
import { type MachineState, machineStateSchema } from "../src/profile/machine-state.ts";
import { type Opening, openingSchema } from "../src/profile/opening.ts";
import { type Measurement, measurementSchema, type Profile, verificationSchema } from "../src/profile/schema.ts";
import { settingName } from "../src/profile/setting.ts";
import { appendOnly } from "./append-only.ts";
import { readText, writing } from "./files.ts";

const JOURNAL_SCHEMA = "ballast.journal/2";

const headerSchema = z.strictObject({
  schema: z.literal(JOURNAL_SCHEMA),
  opening: openingSchema,
  known: z.array(measurementSchema).meta({ description: "What an earlier run had measured, and what is planned rests on" }),
});

/** What a run continues under, and nothing else: results of different devices or settings never mix. */
const keyOf = ({ condition, runtime, is_quick, environment: { adapter, browser }, ballast_version }: Opening) => ({
  condition,
  runtime,
  quick: is_quick,
  adapter: adapterName(adapter),
  browser,
  ballast: ballast_version,
});

const resultSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("measured"), measurement: measurementSchema }),
  z.strictObject({ kind: z.literal("verified"), verification: verificationSchema }),
  z.strictObject({ kind: z.literal("left-out"), because: z.string() }),
]);
const entrySchema = z.union([
  z.strictObject({ id: z.string(), spent_s: z.number().min(0), result: resultSchema }),
  z.strictObject({ note: z.string() }),
  z.strictObject({ machine: machineStateSchema }),
]);
type Line = z.infer<typeof entrySchema>;

/** What a stopped run left. */
export interface StoppedRun extends Pick<Journal, "finished" | "notes" | "spent"> {
  readonly opening: Opening;
  readonly known: readonly Measurement[];
  /** Clocks, power and temperature until it was stopped; null where it had no time to write them down. */
  readonly machine: MachineState | null;
}

/** The journal of one run: JSON Lines, a header and then one line for each finished job or note. */
export interface JournalFile extends Journal {
  readonly path: string;
  readonly startedAt: string;
  readonly known: readonly Measurement[];
  /** The state of the machine so far: the last thing that is written of a run that is stopped. */
  machine(state: MachineState): void;
  /** Nothing more is appended; what was, stays. */
  close(): void;
  /** The run's profile is safe: the journal goes. */
  remove(): void;
}

const PREFIX = "unfinished-";
const nameOf = (opening: Opening) => `${PREFIX}${opening.started_at.replace(/[:.]/g, "")}-${settingName(opening)}.jsonl`;

const resultsIn = (lines: readonly Line[]): Pick<Journal, "finished" | "notes" | "spent"> => {
  const entries = lines.filter((line) => "id" in line);
  return {
    finished: new Map(entries.map(({ id, result }) => [id, result])),
    notes: lines.flatMap((line) => ("note" in line ? [line.note] : [])),
    spent: entries.at(-1)?.spent_s ?? 0,
  };
};

type Header = Pick<z.infer<typeof headerSchema>, "opening" | "known">;

const opened = (path: string, { opening, known }: Header, lines: readonly Line[]): JournalFile => {
  const file = appendOnly(path, "Make room there; a bench is then continued with --resume.");
  const append = (line: Line) => file.append(JSON.stringify(line));
  return {
    path,
    startedAt: opening.started_at,
    known,
    ...resultsIn(lines),
    append: (id, result, spent) => append({ id, spent_s: spent, result: kept(result) }),
    note: (note) => append({ note }),
    machine: (machine) => append({ machine }),
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

/**
 * @param known what an earlier run had measured
 * @throws InputError where the folder cannot be written
 */
export const startJournal = (runs: string, opening: Opening, known: readonly Measurement[] = []): JournalFile => {
  const path = join(runs, nameOf(opening));
  const header = { schema: JOURNAL_SCHEMA, opening, known: [...known] } satisfies z.infer<typeof headerSchema>;
  writing(path, () => writeFileSync(path, `${JSON.stringify(header)}\n`, { flag: "wx" }));
  return opened(path, header, []);
};

/** The journal of the newest stopped run of a condition in a runtime; null where there is none. */
export const newestJournalOrNull = (runs: string, setting: Pick<Profile, "condition" | "runtime">): string | null => {
  const names = readdirSync(runs).filter((name) => name.startsWith(PREFIX) && name.endsWith(`Z-${settingName(setting)}.jsonl`));
  const newest = names.sort().at(-1);
  return newest === undefined ? null : join(runs, newest);
};

/** That there is none, as a rule that was broken. */
export const noStoppedRun = (runs: string, { condition, runtime }: Pick<Profile, "condition" | "runtime">): string =>
  `no stopped run of condition "${condition}"${runtime === "chrome" ? "" : ` with --runtime ${runtime}`} is in ${runs}`;

const START_ANEW = "Start anew; the journal stays where it is.";

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

/** The text of a journal, whole lines only: a last line that was cut off is the job that was under way. */
const wholeLines = (path: string): string => {
  const text = readText("", path);
  return text.slice(0, text.lastIndexOf("\n") + 1);
};

const parsed = (path: string, text: string): Header & { readonly lines: readonly Line[] } => {
  const [first = "", ...rest] = text.split("\n").slice(0, -1);
  const header = parsedLine(headerSchema, first, `${path}: line 1`);
  return { ...header, lines: rest.map((line, index) => parsedLine(entrySchema, line, `${path}: line ${index + 2}`)) };
};

/** Reads what a stopped run left. @throws InputError where the file cannot be read, or a line of it is damaged */
export const readJournal = (path: string): StoppedRun => {
  const { opening, known, lines } = parsed(path, wholeLines(path));
  return { opening, known, ...resultsIn(lines), machine: lines.findLast((line) => "machine" in line)?.machine ?? null };
};

/**
 * Opens a stopped run's journal to continue it. A last line that was cut off goes, and its job runs again.
 *
 * @throws InputError where a line is damaged, or the run was started with something else than `opening`
 */
export const continueJournal = (path: string, now: Opening): JournalFile => {
  const text = wholeLines(path);
  const { lines, ...header } = parsed(path, text);
  const asked = keyOf(now);
  for (const [name, before] of Object.entries(keyOf(header.opening))) {
    const given = asked[name as keyof typeof asked];
    if (before !== given) {
      throw new InputError(
        "--resume",
        `the stopped run had ${name} "${before}", this one has "${given}", and their results must not mix`,
        "Give the options it was started with, or start anew without --resume.",
      );
    }
  }
  writing(path, () => truncateSync(path, Buffer.byteLength(text)));
  return opened(path, header, lines);
};
