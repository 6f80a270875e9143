import { InputError } from "../errors.ts";
import { atLine, parseObject, REPAIR, show, wholeTokens, type Batches } from "../traffic/trace/line-error.ts";
import type { Line } from "../traffic/trace/lines.ts";
import type { Request } from "../traffic/request.ts";
import { toNanoseconds, type Nanoseconds } from "../units.ts";

/** A request that an engine has served: what it asked for and when its tokens came, since the first request was queued. */
export interface LoggedRequest {
  readonly request: Request;
  readonly firstTokenAt: Nanoseconds;
  readonly lastTokenAt: Nanoseconds;
}

const NEXT_STEP = "Each line needs input_toks, output_toks, and queued_ts, first_token_ts and last_token_ts in seconds, of one clock.";

interface Row {
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Seconds, by the engine's own clock. */
  readonly queued: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Requests that vLLM has logged with the times of their events, one JSON object a line, in any order; they are sorted by when they were queued.
 *
 * `queued_ts` is taken for the arrival, since the engine's own times to first token begin there; `arrival_time`, of another clock, is not.
 *
 * @param place the file's name, for messages
 * @throws InputError with the line's number: a missing or malformed value, times that contradict each other, an empty file
 */
export const readLoggedRun = async (lines: Batches<Line>, place: string): Promise<LoggedRequest[]> => {
  const rows: Row[] = [];
  for await (const batch of lines) for (const line of batch) rows.push(rowOf(line, place));
  if (rows.length === 0) throw new InputError(place, "expected at least one request, got none", NEXT_STEP);
  rows.sort((a, b) => a.queued - b.queued);
  const origin = rows[0]!.queued;
  return rows.map(({ promptTokens, outputTokens, queued, first, last }, id) => ({
    request: { id, arrivedAt: toNanoseconds(queued - origin), promptTokens, outputTokens },
    firstTokenAt: toNanoseconds(first - origin),
    lastTokenAt: toNanoseconds(last - origin),
  }));
};

const rowOf = ({ number: line, text }: Line, place: string): Row => {
  const where = (): string => atLine(place, line);
  const object = parseObject(text, "a request with its tokens and times", where());
  const time = (name: string): number => {
    const value = object[name];
    if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
    throw new InputError(where(), `expected ${name} to be a number of seconds, got ${show(value)}`, NEXT_STEP);
  };
  const tokens = (name: string): number => wholeTokens(object[name], show(object[name]), name, where, NEXT_STEP);
  const row = {
    promptTokens: tokens("input_toks"),
    outputTokens: tokens("output_toks"),
    queued: time("queued_ts"),
    first: time("first_token_ts"),
    last: time("last_token_ts"),
  };
  if (!(row.queued <= row.first && row.first <= row.last)) {
    throw new InputError(
      where(),
      `expected queued_ts, first_token_ts and last_token_ts in rising order, got ${row.queued}, ${row.first}, ${row.last}`,
      REPAIR,
    );
  }
  return row;
};

/** One reading of the engine's gauges. */
export interface GaugeReading {
  /** Since the log began, in seconds. */
  readonly at_s: number;
  readonly running: number;
  readonly waiting: number;
}
