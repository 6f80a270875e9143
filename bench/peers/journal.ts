import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { variants } from "../../kernels/index.ts";
import { appendOnly } from "../../cli/append-only.ts";
import { writing } from "../../cli/files.ts";
import { parsedLine } from "../../cli/journal.ts";
import { InputError } from "../../src/errors.ts";
import { type Condition, conditionSchema } from "../../src/profile/schema.ts";
import { PEERS, peerTableSchema } from "../../src/report/peers-schema.ts";
import { type Entry, pageAnswerSchema } from "./contract.ts";

const JOURNAL_SCHEMA = "ballast.peers-journal/1";

/** Under what shapes were raced. They go on only under the same: times of different devices or kernels never mix in one table. */
const keySchema = z.strictObject({
  ballast: z.string(),
  condition: conditionSchema,
  adapter: z.string(),
  browser: z.string(),
  /** Hash of every variant with its version. */
  kernels: z.string(),
  /** Version of each library. */
  libraries: z.record(z.string(), z.string()),
});
export type CourseKey = z.infer<typeof keySchema>;

/** What was asked for; what goes on has it from the journal. */
const planSchema = z.strictObject({
  selection: peerTableSchema.shape.selection,
  shapes: z.array(z.string()),
  peers: z.array(z.enum(PEERS)),
  rounds: z.int().min(1),
});
export type CoursePlan = z.infer<typeof planSchema>;

const headerSchema = z.strictObject({
  schema: z.literal(JOURNAL_SCHEMA),
  started_at: z.iso.datetime(),
  key: keySchema,
  plan: planSchema,
});
type Header = z.infer<typeof headerSchema>;
const entrySchema = z.union([pageAnswerSchema, z.strictObject({ left_out: z.strictObject({ id: z.string(), because: z.string() }) })]);

/** The journal of one course: JSON Lines, a header and then one line for each finished shape. */
export interface PeersJournal extends Pick<Header, "started_at" | "plan"> {
  readonly path: string;
  /** What was finished before this process. */
  readonly finished: readonly Entry[];
  append(entry: Entry): void;
  close(): void;
  /** The table is safe: the journal goes. */
  remove(): void;
}

/** Which kernels there are, as one short text. */
export const kernelsHash = (): string =>
  createHash("sha256")
    .update(variants.map(({ id, version }) => `${id}@${version}`).join("\n"))
    .digest("hex")
    .slice(0, 16);

const PREFIX = "peers-unfinished-";
const nameOf = ({ key, started_at }: Header) => `${PREFIX}${started_at.replace(/[:.]/g, "")}-${key.condition}.jsonl`;

const opened = (path: string, { started_at, plan }: Header, finished: readonly Entry[]): PeersJournal => {
  const file = appendOnly(path, "Make room there, and go on with --resume.");
  return {
    path,
    started_at,
    plan,
    finished,
    append: (entry) => file.append(JSON.stringify(entry)),
    close: file.close,
    remove: () => {
      file.close();
      rmSync(path, { force: true });
    },
  };
};

/** @throws InputError where the folder cannot be written */
export const startJournal = (runs: string, key: CourseKey, plan: CoursePlan, startedAt: string): PeersJournal => {
  const header: Header = { schema: JOURNAL_SCHEMA, started_at: startedAt, key, plan };
  const path = join(runs, nameOf(header));
  writing(path, () => writeFileSync(path, `${JSON.stringify(header)}\n`, { flag: "wx" }));
  return opened(path, header, []);
};

/** The journal of the newest stopped course in a condition; null where there is none. */
export const newestJournalOrNull = (runs: string, condition: Condition): string | null => {
  const names = readdirSync(runs).filter((name) => name.startsWith(PREFIX) && name.endsWith(`Z-${condition}.jsonl`));
  const newest = names.sort().at(-1);
  return newest === undefined ? null : join(runs, newest);
};

const START_ANEW = "Start anew without --resume; the journal stays where it is.";

/**
 * Opens a stopped course's journal to go on with it. A last line that was cut off is a shape that was under way: it goes, and is raced again.
 *
 * @throws InputError where a line is damaged, or the course was run with something else than `key`
 */
export const continueJournal = (path: string, key: CourseKey): PeersJournal => {
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const [first = "", ...rest] = whole.split("\n").slice(0, -1);
  const header = parsedLine(headerSchema, first, `${path}: line 1`);
  for (const name of ["condition", "adapter", "browser", "ballast", "kernels", "libraries"] as const) {
    const [was, is] = [JSON.stringify(header.key[name]), JSON.stringify(key[name])];
    if (was === is) continue;
    throw new InputError("--resume", `the stopped course had ${name} ${was}, this one has ${is}, and their times must not mix`, START_ANEW);
  }
  const finished = rest.map((line, index) => parsedLine(entrySchema, line, `${path}: line ${index + 2}`));
  if (whole.length < text.length) writing(path, () => truncateSync(path, Buffer.byteLength(whole)));
  return opened(path, header, finished);
};
