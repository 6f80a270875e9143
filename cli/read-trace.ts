import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CsvError, parse } from "csv-parse";
import { InputError } from "../src/errors.ts";
import { createStreams } from "../src/sim/streams.ts";
import type { Request } from "../src/traffic/request.ts";
import type { Traffic } from "../src/traffic/schema.ts";
import { readAzure, type CsvRecord } from "../src/traffic/trace/azure.ts";
import { linesOf } from "../src/traffic/trace/lines.ts";
import { readMooncake } from "../src/traffic/trace/mooncake.ts";

type Trace = Extract<Traffic, { kind: "trace" }>;

/**
 * Reads a trace file, gzipped if its name ends in .gz.
 *
 * @param path where `trace.file`, the name for messages, is
 * @param seed for what the format leaves to chance
 * @throws InputError where the file is not there, or with the number of its first bad line
 */
export const readTrace = async ({ format, file, speed }: Trace, path: string, seed: number): Promise<Request[]> => {
  try {
    switch (format) {
      case "azure":
        return await all(readAzure(csvRecords(open(path), file), file, speed));
      case "mooncake":
        return await all(readMooncake(linesOf(open(path)), file, createStreams(seed), speed));
      default:
        return format satisfies never;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT") throw new InputError(file, "is not there", "`ballast init` says where public traces are to be had.");
    if (code.startsWith("Z_"))
      throw new InputError(file, `expected a whole gzip file, got one that is cut off or damaged (${code})`, "Get it again.");
    if (/^E[A-Z]+$/u.test(code)) throw new InputError(file, `cannot be read: ${code}`, "Check that it is a file that you may read.");
    throw error;
  }
};

const all = async (requests: AsyncIterable<Request>): Promise<Request[]> => {
  const read: Request[] = [];
  for await (const request of requests) read.push(request);
  return read;
};

/** Errors of the file or of the compression come out of whoever reads the stream. */
const open = (path: string): Readable & AsyncIterable<string> => {
  const file = createReadStream(path);
  return (path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file).setEncoding("utf8");
};

/** The CSV reader is here and not in `src/traffic`, which is free of Node's streams and their types. */
async function* csvRecords(file: Readable, place: string): AsyncGenerator<CsvRecord> {
  const parser = pipeline(file, parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true }), () => {});
  try {
    for await (const { info, record } of parser as AsyncIterable<{ info: { lines: number }; record: string[] }>) {
      yield { line: info.lines, fields: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(
      `${place}: line ${parser.info.lines}`,
      `expected CSV, got this: ${error.message.split(" at line ")[0]}`,
      "Repair the line, or take it out.",
    );
  }
}
