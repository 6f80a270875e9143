import { InputError } from "../../errors.ts";
import { NANOSECONDS_PER_SECOND } from "../../units.ts";
import type { Request } from "../request.ts";
import { inOrder, type Playing } from "./in-order.ts";
import { atLine, parseObject, REPAIR, show, wholeTokens, type Batches, type TimedRequest } from "./line-error.ts";
import { rowsOf, type Line } from "./lines.ts";

/** What tools around vLLM call the same three things. */
const NAMES = {
  arrival: ["arrival_time", "timestamp", "arrival_s"],
  prompt: ["input_toks", "input_tokens", "prompt_tokens", "input_len", "prompt_len", "input"],
  output: ["output_toks", "output_tokens", "completion_tokens", "output_len", "output"],
} as const;

type Names = Readonly<Record<keyof typeof NAMES, string>>;

/** The names that an object has for all three, or null. */
export const vllmNamesOrNull = (object: Readonly<Record<string, unknown>>): Names | null => {
  const [arrival, prompt, output] = [NAMES.arrival, NAMES.prompt, NAMES.output].map((names) => names.find((name) => name in object));
  return arrival === undefined || prompt === undefined || output === undefined ? null : { arrival, prompt, output };
};

/**
 * Requests logged by or for vLLM, one JSON object a line: an arrival in seconds (from a clock of any origin), prompt and output tokens, and
 * `priority` where there is one. The first line decides what they are called: `arrival_time`, `input_toks`, `output_toks` as an engine's log
 * has them, or `timestamp`, `input`, `output` as lists for benchmarks do, with some more in use. Other fields are skipped. Time 0 is the
 * first request.
 *
 * @param place the file's name, for messages
 * @throws InputError with the line's number: no JSON object, a missing or malformed value, times out of order, an empty file
 */
export const readVllm = (lines: Batches<Line>, place: string, playing: Playing = {}): AsyncGenerator<readonly Request[]> => {
  let names: Names | null = null;
  let origin = 0;
  const read = ({ number: line, text }: Line): TimedRequest => {
    const where = (): string => atLine(place, line);
    const object = parseObject(text, "an arrival, prompt tokens and output tokens", where());
    const isFirst = names === null;
    names ??= namesOf(object, where());
    const at = object[names.arrival];
    if (typeof at !== "number") {
      throw new InputError(where(), `expected ${names.arrival} to be a number of seconds, got ${show(at)}`, REPAIR);
    }
    if (isFirst) origin = at;
    const [prompt, output, priority] = [object[names.prompt], object[names.output], object["priority"]];
    const work = {
      promptTokens: wholeTokens(prompt, show(prompt), names.prompt, where),
      outputTokens: wholeTokens(output, show(output), names.output, where),
    };
    return {
      line,
      at: Math.floor((at - origin) * NANOSECONDS_PER_SECOND + 0.5),
      stamp: `${at} s`,
      work: priority === undefined ? work : { ...work, priority: wholePriority(priority, show(priority), where) },
    };
  };
  return inOrder(rowsOf(lines, read), place, playing);
};

/** vLLM's priority: a whole number, lower is served first. */
export const wholePriority = (value: unknown, text: string, where: () => string): number => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new InputError(where(), `expected priority to be a whole number, got ${text}`, REPAIR);
};

const namesOf = (object: Readonly<Record<string, unknown>>, where: string): Names => {
  const names = vllmNamesOrNull(object);
  if (names !== null) return names;
  throw new InputError(
    where,
    `expected an arrival (${NAMES.arrival.join(", ")}), prompt tokens (${NAMES.prompt.join(", ")}) and output tokens (${NAMES.output.join(", ")}), got ${Object.keys(object).join(", ") || "no field"}`,
    "Rename the fields, or write a CSV file with the columns arrival_s, prompt_tokens, output_tokens.",
  );
};
