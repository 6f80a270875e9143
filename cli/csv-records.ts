import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { InputError } from "../src/errors.ts";
import type { CsvRecord } from "../src/traffic/trace/columns.ts";

/** Records of csv-parse are handed on in batches of this many. */
const BATCH = 1000;

/**
 * Records of a CSV text, a batch for each piece of it. As long as no field is quoted, lines and commas are all there is to it, and it is cut at
 * those; from the piece with the first quote on, csv-parse takes over, which takes three times as long. Empty lines are left out, a byte order mark
 * is dropped.
 *
 * @param place the file's name, for messages
 * @throws InputError where it is no CSV, with the line
 */
export async function* csvRecords(chunks: AsyncIterable<string>, place: string): AsyncGenerator<readonly CsvRecord[]> {
  let line = 0;
  let rest = "";
  const pieces = chunks[Symbol.asyncIterator]();
  for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) {
    if (piece.value.includes('"')) {
      yield* parsed(rest + piece.value, pieces, place, line);
      return;
    }
    const lines = (rest + piece.value).split("\n");
    rest = lines.pop() ?? "";
    const records: CsvRecord[] = [];
    for (const text of lines) {
      line += 1;
      addRecord(records, text, line);
    }
    yield records;
  }
  const last: CsvRecord[] = [];
  addRecord(last, rest, line + 1);
  yield last;
}

const addRecord = (records: CsvRecord[], text: string, line: number): void => {
  const ended = text.endsWith("\r") ? text.slice(0, -1) : text;
  const clean = line === 1 && ended.startsWith("\uFEFF") ? ended.slice(1) : ended;
  if (clean !== "") records.push({ line, fields: clean.split(",") });
};

/** @param above lines before the first of these */
async function* parsed(first: string, others: AsyncIterator<string>, place: string, above: number): AsyncGenerator<readonly CsvRecord[]> {
  const text = async function* (): AsyncGenerator<string> {
    yield first;
    for (let piece = await others.next(); piece.done !== true; piece = await others.next()) yield piece.value;
  };
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: ["\r\n", "\n"] });
  const source = Readable.from(text());
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let records: CsvRecord[] = [];
  try {
    for await (const { info, record } of parser as AsyncIterable<{ info: { lines: number }; record: string[] }>) {
      records.push({ line: above + info.lines, fields: record });
      if (records.length < BATCH) continue;
      yield records;
      records = [];
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(
      `${place}: line ${above + parser.info.lines}`,
      `expected CSV, got this: ${error.message.split(" at line ")[0]}`,
      "Repair the line, or take it out.",
    );
  }
  yield records;
}
