import { InputError, shown } from "../../errors.ts";
import { NANOSECONDS_PER_SECOND, type Nanoseconds } from "../../units.ts";
import type { Request } from "../request.ts";
import { checkColumns, findColumns, type CsvRecord } from "./columns.ts";
import { inOrder, type Playing } from "./in-order.ts";
import { atLine, REPAIR, wholeTokens, type Batches, type TimedRequest } from "./line-error.ts";

const COLUMNS = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];
const NEXT_STEP = "Azure's LLM inference traces begin with the line TIMESTAMP,ContextTokens,GeneratedTokens.";

/**
 * Requests of an Azure LLM inference trace (2023, code and conversation): a wall-clock TIMESTAMP in UTC with up to 9 digits after the
 * second, ContextTokens (the prompt) and GeneratedTokens (the output). Other columns are skipped. Time 0 is the first request.
 *
 * @param place the file's name, for messages
 * @throws InputError with the line's number: a missing column, a malformed value, times out of order, an empty file
 * @see Patel et al. 2024, https://arxiv.org/abs/2311.18677; https://github.com/Azure/AzurePublicDataset
 */
export const readAzure = (records: Batches<CsvRecord>, place: string, playing: Playing = {}): AsyncGenerator<readonly Request[]> =>
  inOrder(azureRows(records, place), place, playing);

async function* azureRows(records: Batches<CsvRecord>, place: string): AsyncGenerator<readonly TimedRequest[]> {
  let columns: readonly number[] | null = null;
  let origin: WallClock | null = null;
  for await (const batch of records) {
    const rows: TimedRequest[] = [];
    for (const record of batch) {
      if (columns === null) {
        columns = findColumns(record, place, COLUMNS, [], NEXT_STEP);
        continue;
      }
      checkColumns(record, Math.max(...columns) + 1, place);
      const { line, fields } = record;
      const where = (): string => atLine(place, line);
      const [time = "", prompt = "", output = ""] = columns.map((column) => fields[column]?.trim());
      const stamp = parseWallClock(time, where);
      origin ??= stamp;
      rows.push({
        line,
        at: (stamp.seconds - origin.seconds) * NANOSECONDS_PER_SECOND + (stamp.nanoseconds - origin.nanoseconds),
        stamp: time,
        work: {
          promptTokens: wholeTokens(Number(prompt), prompt, "ContextTokens", where),
          outputTokens: wholeTokens(Number(output), output, "GeneratedTokens", where),
        },
      });
    }
    yield rows;
  }
}

interface WallClock {
  /** Since 1970, UTC. */
  readonly seconds: number;
  readonly nanoseconds: Nanoseconds;
}

/** A double cannot hold nanoseconds since 1970, so seconds and the fraction stay apart until the first request's are taken off. */
const parseWallClock = (text: string, where: () => string): WallClock => {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?$/u.exec(text);
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  if (Number.isNaN(milliseconds)) {
    throw new InputError(where(), `expected TIMESTAMP as 2023-11-16 18:15:46.6805900, got ${shown(text)}`, REPAIR);
  }
  return { seconds: milliseconds / 1000, nanoseconds: Number((match?.[3] ?? "").padEnd(9, "0")) };
};
