import { InputError } from "../../errors.ts";
import { NANOSECONDS_PER_SECOND, toNanoseconds, type Nanoseconds, type Tokens } from "../../units.ts";
import { chained, type Turn } from "../chain.ts";
import { countedNames, growingPrompt } from "../growing-prompt.ts";
import type { PromptPart, Request, Work } from "../request.ts";
import { checkColumns, findColumns, type CsvRecord } from "./columns.ts";
import { inOrder, type Playing } from "./in-order.ts";
import { atLine, REPAIR, show, wholeTokens, type Batches, type TimedRequest } from "./line-error.ts";
import { wholePriority } from "./vllm.ts";

export const CSV_COLUMNS = ["arrival_s", "prompt_tokens", "output_tokens"] as const;
const OPTIONAL = ["priority", "prefix", "prefix_tokens", "session", "think_s"] as const;
const NEXT_STEP = `Needed are ${CSV_COLUMNS.join(", ")}; ${OPTIONAL.join(", ")} may be there too.`;

/**
 * Requests of a plain CSV file with a header. Columns may stand in any order; others are skipped; optional ones may be empty.
 *
 * | column | |
 * |---|---|
 * | `arrival_s` | seconds, from a clock of any origin: time 0 is the first request |
 * | `prompt_tokens`, `output_tokens` | whole, at least 1 |
 * | `priority` | optional; whole, lower is served first |
 * | `prefix`, `prefix_tokens` | optional; prompts with the same name in `prefix` begin with the same tokens, this many |
 * | `session`, `think_s` | optional; a row with the session of the row above and a think time is its next turn: it is sent that long after the answer above has ended, and has no arrival. A prompt at least as long as the one above with its output begins with both |
 *
 * @param place the file's name, for messages
 * @throws InputError with the line's number: a missing column, a malformed value, a turn without its session, times out of order, an empty file
 */
export const readCsv = (records: Batches<CsvRecord>, place: string, playing: Playing = {}): AsyncGenerator<readonly Request[]> =>
  inOrder(csvRows(records, place), place, playing);

async function* csvRows(records: Batches<CsvRecord>, place: string): AsyncGenerator<readonly TimedRequest[]> {
  let reader: CsvReader | null = null;
  for await (const batch of records) {
    const rows: TimedRequest[] = [];
    for (const record of batch) {
      if (reader === null) reader = new CsvReader(record, place);
      else reader.read(record, rows);
    }
    yield rows;
  }
  const rows: TimedRequest[] = [];
  reader?.end(rows);
  yield rows;
}

/** A session whose rows are being read. */
interface OpenSession {
  readonly name: string;
  readonly first: Omit<TimedRequest, "work">;
  readonly turns: Turn[];
  readonly nextNaming: ReturnType<typeof growingPrompt>;
}

class CsvReader {
  readonly #place: string;
  readonly #width: number;
  readonly #columns: readonly number[];
  readonly #isPlain: boolean;
  readonly #newName = countedNames();
  readonly #prefixes = new Map<string, number>();
  #origin: number | null = null;
  #session: OpenSession | null = null;

  constructor(header: CsvRecord, place: string) {
    this.#place = place;
    this.#columns = findColumns(header, place, CSV_COLUMNS, OPTIONAL, NEXT_STEP);
    this.#width = Math.max(...this.#columns) + 1;
    const [, , , , prefix = -1, prefixTokens = -1, session = -1, think = -1] = this.#columns;
    this.#isPlain = this.#columns.slice(3).every((column) => column === -1);
    if ((prefix === -1) !== (prefixTokens === -1)) throw this.#halfPair(header, "prefix", "prefix_tokens");
    if ((session === -1) !== (think === -1)) throw this.#halfPair(header, "session", "think_s");
  }

  /** Adds the requests that this record completes. */
  read(record: CsvRecord, rows: TimedRequest[]): void {
    checkColumns(record, this.#width, this.#place);
    const { line, fields } = record;
    const where = (): string => atLine(this.#place, line);
    const field = (column: number): string => fields[this.#columns[column] ?? -1]?.trim() ?? "";
    const [prompt, output] = [field(1), field(2)];
    const promptTokens = wholeTokens(Number(prompt), prompt, "prompt_tokens", where);
    const outputTokens = wholeTokens(Number(output), output, "output_tokens", where);
    if (this.#isPlain) {
      rows.push({ line, ...this.#arrival(field(0), where), work: { promptTokens, outputTokens } });
      return;
    }
    const [priorityText, session, think] = [field(3), field(6), field(7)];
    const priority = priorityText === "" ? {} : { priority: wholePriority(Number(priorityText), show(priorityText), where) };
    const parts = this.#prefix(field(4), field(5), promptTokens, where);
    if (session !== "" && think !== "") {
      if (this.#session?.name !== session) {
        throw new InputError(
          where(),
          `expected think_s only below a row of the same session, got session ${show(session)}`,
          "Put a session's rows together, the first with its arrival_s and without think_s.",
        );
      }
      const { turns, nextNaming } = this.#session;
      turns.push({
        promptTokens,
        outputTokens,
        ...priority,
        ...nextNaming(promptTokens, outputTokens),
        thinkTime: seconds(think, "think_s", where),
      });
      return;
    }
    this.end(rows);
    const first = { line, ...this.#arrival(field(0), where) };
    if (session === "") {
      const work: Work = { promptTokens, outputTokens, ...priority, ...(parts.length === 0 ? {} : { parts }) };
      rows.push({ ...first, work });
      return;
    }
    const nextNaming = growingPrompt(this.#newName, parts);
    const turn = { promptTokens, outputTokens, ...priority, ...nextNaming(promptTokens, outputTokens), thinkTime: 0 };
    this.#session = { name: session, first, turns: [turn], nextNaming };
  }

  /** Adds the session that is open, since nothing follows in it. */
  end(rows: TimedRequest[]): void {
    if (this.#session !== null) rows.push({ ...this.#session.first, work: chained(this.#session.turns) });
    this.#session = null;
  }

  #arrival(text: string, where: () => string): Pick<TimedRequest, "at" | "stamp"> {
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) {
      throw new InputError(where(), `expected arrival_s to be a number of seconds, got ${show(text)}`, REPAIR);
    }
    this.#origin ??= value;
    return { at: Math.floor((value - this.#origin) * NANOSECONDS_PER_SECOND + 0.5), stamp: text };
  }

  #prefix(name: string, length: string, promptTokens: Tokens, where: () => string): PromptPart[] {
    if (name === "") return [];
    const tokens = wholeTokens(Number(length), length, "prefix_tokens", where);
    if (tokens > promptTokens) {
      throw new InputError(where(), `expected at most prompt_tokens, ${promptTokens}, as prefix_tokens, got ${tokens}`, REPAIR);
    }
    const id = this.#prefixes.get(name) ?? this.#newName();
    this.#prefixes.set(name, id);
    return [{ id, tokens }];
  }

  #halfPair(header: CsvRecord, one: string, other: string): InputError {
    return new InputError(atLine(this.#place, header.line), `expected both of the columns ${one} and ${other}, or none`, NEXT_STEP);
  }
}

const seconds = (text: string, name: string, where: () => string): Nanoseconds => {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return toNanoseconds(value);
  throw new InputError(where(), `expected ${name} to be a number of seconds, at least 0, got ${show(text)}`, REPAIR);
};
