import { InputError } from "../../errors.ts";
import { NANOSECONDS_PER_SECOND, type Nanoseconds, type Tokens } from "../../units.ts";
import type { RandomStreams } from "../random.ts";
import type { PromptPart, Request } from "../request.ts";
import { inOrder, type Playing } from "./in-order.ts";
import { atLine, parseObject, REPAIR, show, wholeTokens, type Batches, type TimedRequest } from "./line-error.ts";
import { rowsOf, type Line } from "./lines.ts";

/** The grid of the published timestamps. */
const TICK: Nanoseconds = 3 * NANOSECONDS_PER_SECOND;

/** Tokens that one of `hash_ids` stands for; the last may stand for fewer. */
const BLOCK: Tokens = 512;

export const MOONCAKE_NOTE =
  "Mooncake's timestamps lie on a 3 s grid: requests that share one are spread at random over the time to the next, at most 3 s, so nothing here says how bursty the traffic is below 3 s.";

/**
 * Requests of a Mooncake trace, one JSON object a line: `timestamp` (ms), `input_length`, `output_length`, and `hash_ids`, one for each 512
 * tokens of the prompt: prompts that begin with the same ids begin with the same tokens. A line may have no `hash_ids`. Time 0 is the
 * first timestamp.
 *
 * Requests with one timestamp keep their order in the file and are spread by independent uniform draws over the time until the next
 * timestamp, at most 3 s; a request alone on its timestamp stays there.
 *
 * @param place the file's name, for messages
 * @throws InputError with the line's number: no JSON object, a missing or malformed value, ids that do not match the prompt's length, times
 * out of order, an empty file
 * @see Qin et al. 2025, https://arxiv.org/abs/2407.00079; https://github.com/kvcache-ai/Mooncake
 */
export const readMooncake = (
  lines: Batches<Line>,
  place: string,
  streams: RandomStreams,
  playing: Playing = {},
): AsyncGenerator<readonly Request[]> => {
  let origin: number | null = null;
  const read = ({ number: line, text }: Line): TimedRequest => {
    const where = (): string => atLine(place, line);
    const { timestamp, input_length, output_length, hash_ids } = parseObject(text, "timestamp, input_length and output_length", where());
    if (typeof timestamp !== "number" || !(timestamp >= 0)) {
      throw new InputError(where(), `expected timestamp to be a number of milliseconds, at least 0, got ${show(timestamp)}`, REPAIR);
    }
    origin ??= timestamp;
    const promptTokens = wholeTokens(input_length, show(input_length), "input_length", where);
    const outputTokens = wholeTokens(output_length, show(output_length), "output_length", where);
    return {
      line,
      at: Math.floor((timestamp - origin) * 1e6 + 0.5),
      stamp: `${timestamp} ms`,
      work:
        hash_ids === undefined
          ? { promptTokens, outputTokens }
          : { promptTokens, outputTokens, parts: partsOf(hash_ids, promptTokens, where) },
    };
  };
  return inOrder(spread(rowsOf(lines, read), streams), place, playing);
};

const partsOf = (ids: unknown, promptTokens: Tokens, where: () => string): PromptPart[] => {
  if (!Array.isArray(ids)) throw new InputError(where(), `expected hash_ids to be a list, got ${show(ids)}`, REPAIR);
  const blocks = Math.ceil(promptTokens / BLOCK);
  if (ids.length !== blocks) {
    throw new InputError(
      where(),
      `expected ${blocks} hash_ids, one for each ${BLOCK} of the ${promptTokens} tokens of input_length, got ${ids.length}`,
      REPAIR,
    );
  }
  return ids.map((id: unknown, i) => {
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) {
      throw new InputError(where(), `expected hash_ids of whole numbers, 0 or above, got ${show(id)}`, REPAIR);
    }
    return { id, tokens: Math.min(BLOCK, promptTokens - i * BLOCK) };
  });
};

/** Holds back the requests of one timestamp until the next is known. */
async function* spread(rows: Batches<TimedRequest>, streams: RandomStreams): AsyncGenerator<readonly TimedRequest[]> {
  let together: TimedRequest[] = [];
  let spreadRequests = 0;
  const release = (until: Nanoseconds): TimedRequest[] => {
    const first = spreadRequests;
    spreadRequests += together.length;
    if (together.length === 1) return together;
    const offsets = together.map((_, i) => streams.named(`arrivals/request-${first + i}`).uniform()).sort((a, b) => a - b);
    return together.map((row, i) => ({ ...row, at: row.at + Math.floor((offsets[i] ?? 0) * (until - row.at)) }));
  };
  for await (const batch of rows) {
    const released: TimedRequest[] = [];
    for (const row of batch) {
      const at = together[0]?.at ?? row.at;
      if (row.at !== at) {
        released.push(...release(Math.min(Math.max(row.at, at), at + TICK)));
        together = [];
      }
      together.push(row);
    }
    yield released;
  }
  yield release((together[0]?.at ?? 0) + TICK);
}
