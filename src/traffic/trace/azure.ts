import { InputError } from "../../errors.ts";
import { NANOSECONDS_PER_SECOND, type Nanoseconds } from "../../units.ts";
import type { Request } from "../request.ts";
import { atLine, REPAIR, wholeTokens, type TimedRequest } from "./line-error.ts";
import { inOrder } from "./in-order.ts";

/** One record of a CSV file and the line it ends on, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

const COLUMNS = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"] as const;
const NEXT_STEP = "Azure's LLM inference traces begin with the line TIMESTAMP,ContextTokens,GeneratedTokens.";

/**
 * Requests of an Azure LLM inference trace (2023, code and conversation): a wall-clock TIMESTAMP in UTC with up to 9 digits after the
 * second, ContextTokens (the prompt) and GeneratedTokens (the output). Other columns are skipped. Time 0 is the first request.
 *
 * @param place the file's name, for messages
 * @param speed 2 plays the trace twice as fast
 * @throws InputError with the line's number: a missing column, a malformed value, times out of order, an empty file
 * @see Patel et al. 2024, https://arxiv.org/abs/2311.18677; https://github.com/Azure/AzurePublicDataset
 */
export const readAzure = (records: AsyncIterable<CsvRecord>, place: string, speed = 1): AsyncGenerator<Request> =>
  inOrder(azureRows(records, place), place, speed);

async function* azureRows(records: AsyncIterable<CsvRecord>, place: string): AsyncGenerator<TimedRequest> {
  let columns: readonly [time: number, prompt: number, output: number] | null = null;
  let origin: WallClock | null = null;
  for await (const { line, fields } of records) {
    if (columns === null) {
      columns = findColumns(fields, atLine(place, line));
      continue;
    }
    const where = atLine(place, line);
    if (fields.length <= Math.max(...columns)) {
      throw new InputError(where, `expected at least ${Math.max(...columns) + 1} columns, got ${fields.length}`, REPAIR);
    }
    const [time = "", prompt = "", output = ""] = columns.map((column) => fields[column]?.trim());
    const stamp = parseWallClock(time, where);
    origin ??= stamp;
    yield {
      line,
      at: (stamp.seconds - origin.seconds) * NANOSECONDS_PER_SECOND + (stamp.nanoseconds - origin.nanoseconds),
      stamp: time,
      promptTokens: wholeTokens(Number(prompt), prompt, "ContextTokens", where),
      outputTokens: wholeTokens(Number(output), output, "GeneratedTokens", where),
    };
  }
}

const findColumns = (header: readonly string[], where: string): readonly [number, number, number] => {
  const [time, prompt, output] = COLUMNS.map((name) => header.findIndex((field) => field.trim() === name));
  const missing = COLUMNS.filter((name) => !header.some((field) => field.trim() === name));
  if (missing.length > 0)
    throw new InputError(where, `expected the columns ${COLUMNS.join(", ")}, found no ${missing.join(", no ")}`, NEXT_STEP);
  return [time ?? 0, prompt ?? 0, output ?? 0];
};

interface WallClock {
  /** Since 1970, UTC. */
  readonly seconds: number;
  readonly nanoseconds: Nanoseconds;
}

/** A double cannot hold nanoseconds since 1970, so seconds and the fraction stay apart until the first request's are taken off. */
const parseWallClock = (text: string, where: string): WallClock => {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?$/u.exec(text);
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  if (Number.isNaN(milliseconds)) {
    throw new InputError(where, `expected TIMESTAMP as 2023-11-16 18:15:46.6805900, got ${JSON.stringify(text)}`, REPAIR);
  }
  return { seconds: milliseconds / 1000, nanoseconds: Number((match?.[3] ?? "").padEnd(9, "0")) };
};
