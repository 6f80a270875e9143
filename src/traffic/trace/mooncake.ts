import { InputError } from "../../errors.ts";
import { NANOSECONDS_PER_SECOND, type Nanoseconds } from "../../units.ts";
import type { RandomStreams } from "../random.ts";
import type { Request } from "../request.ts";
import { inOrder } from "./in-order.ts";
import { atLine, REPAIR, wholeTokens, type TimedRequest } from "./line-error.ts";
import type { Line } from "./lines.ts";

/** The grid of the published timestamps. */
const TICK: Nanoseconds = 3 * NANOSECONDS_PER_SECOND;

export const MOONCAKE_NOTE =
  "Mooncake's timestamps lie on a 3 s grid: requests that share one are spread at random over the time to the next, at most 3 s, so nothing here says how bursty the traffic is below 3 s.";

/**
 * Requests of a Mooncake trace, one JSON object a line: `timestamp` (ms), `input_length`, `output_length`. `hash_ids`, which say what
 * prompts have in common, are skipped. Time 0 is the first timestamp.
 *
 * Requests with one timestamp keep their order in the file and are spread by independent uniform draws over the time until the next
 * timestamp, at most 3 s; a request alone on its timestamp stays there.
 *
 * @param place the file's name, for messages
 * @param speed 2 plays the trace twice as fast
 * @throws InputError with the line's number: no JSON object, a missing or malformed value, times out of order, an empty file
 * @see Qin et al. 2025, https://arxiv.org/abs/2407.00079; https://github.com/kvcache-ai/Mooncake
 */
export const readMooncake = (lines: AsyncIterable<Line>, place: string, streams: RandomStreams, speed = 1): AsyncGenerator<Request> =>
  inOrder(spread(mooncakeRows(lines, place), streams), place, speed);

async function* mooncakeRows(lines: AsyncIterable<Line>, place: string): AsyncGenerator<TimedRequest> {
  let origin: number | null = null;
  for await (const { number: line, text } of lines) {
    const where = atLine(place, line);
    const { timestamp, input_length, output_length } = parseObject(text, where);
    if (typeof timestamp !== "number" || !(timestamp >= 0)) {
      throw new InputError(where, `expected timestamp to be a number of milliseconds, at least 0, got ${show(timestamp)}`, REPAIR);
    }
    origin ??= timestamp;
    yield {
      line,
      at: Math.floor((timestamp - origin) * 1e6 + 0.5),
      stamp: `${timestamp} ms`,
      promptTokens: wholeTokens(input_length, show(input_length), "input_length", where),
      outputTokens: wholeTokens(output_length, show(output_length), "output_length", where),
    };
  }
}

const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

const parseObject = (text: string, where: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const found = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new InputError(where, `expected a JSON object with timestamp, input_length and output_length, got ${found}`, REPAIR);
};

/** Holds back the requests of one timestamp until the next is known. */
async function* spread(rows: AsyncIterable<TimedRequest>, streams: RandomStreams): AsyncGenerator<TimedRequest> {
  let together: TimedRequest[] = [];
  let spreadRequests = 0;
  const release = (until: Nanoseconds): TimedRequest[] => {
    const first = spreadRequests;
    spreadRequests += together.length;
    if (together.length === 1) return together;
    const offsets = together.map((_, i) => streams.named(`arrivals/request-${first + i}`).uniform()).sort((a, b) => a - b);
    return together.map((row, i) => ({ ...row, at: row.at + Math.floor((offsets[i] ?? 0) * (until - row.at)) }));
  };
  for await (const row of rows) {
    const at = together[0]?.at ?? row.at;
    if (row.at !== at) {
      yield* release(Math.min(Math.max(row.at, at), at + TICK));
      together = [];
    }
    together.push(row);
  }
  yield* release((together[0]?.at ?? 0) + TICK);
}
