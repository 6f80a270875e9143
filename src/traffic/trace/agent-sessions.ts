import { InputError } from "../../errors.ts";
import { parseJsonObject } from "../../json.ts";
import { toNanoseconds, type Nanoseconds, type Seconds, type Tokens } from "../../units.ts";
import { chained, type Turn } from "../chain.ts";
import { countedNames, cutTo, extended, tokensOf } from "../growing-prompt.ts";
import { Heap } from "../heap.ts";
import type { RandomStream, RandomStreams } from "../random.ts";
import type { PromptPart, Request, Work } from "../request.ts";
import { checkLengths, type Playing } from "./in-order.ts";
import { show, wholeTokens } from "./line-error.ts";

/** A file's whole text, with its name for messages. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

export const AGENT_SESSIONS_NOTE =
  "The agent sessions do not say when they began: they begin as a Poisson process, in the order of their files, each once. A request follows the answer before it after the recorded think time; recorded service times are not used. A subagent's requests are a session of their own, which begins when it did after its parent's beginning. Sessions have no prompt tokens in common with one another.";

const NEXT_STEP = "Repair the file, or take it out.";

/**
 * Coding agents' sessions, one JSON object a file: `block_size` and `requests`, each with `in` and `out` (tokens), `t` (s from the session's
 * beginning), `think_time` (s since the answer before it; else told from `t` and `api_time`) and `hash_ids`, one for each whole block of the prompt:
 * an id names the prompt up to its block. A prompt that goes on where the one before it ended has that one's answer in it. An answer of 0 tokens,
 * which broke off, counts as one of 1.
 *
 * @param place the trace's name, for messages
 * @param sessionsPerSecond how often one begins: the files do not say
 * @throws InputError with the file's name and the request's number: no JSON, a missing or malformed value, ids that do not match the prompt's
 * length, a request longer than the context, no file at all
 * @see https://github.com/callanjfox/kv-cache-tester
 */
export async function* readAgentSessions(
  files: AsyncIterable<NamedText>,
  place: string,
  streams: RandomStreams,
  sessionsPerSecond: number,
  { speed = 1, contextLength = Infinity }: Playing = {},
): AsyncGenerator<readonly Request[]> {
  const starts: RandomStream = streams.named("arrivals/sessions");
  const newName = countedNames();
  const waiting = new Heap<Work>();
  let begun: Seconds = 0;
  let read = 0;
  let id = 0;
  const release = (until: Nanoseconds): Request[] => {
    const requests: Request[] = [];
    while (waiting.size > 0 && waiting.nextAt <= until) {
      const arrivedAt = waiting.nextAt;
      requests.push({ id, arrivedAt, ...waiting.pop()! });
      id += 1;
    }
    return requests;
  };
  for await (const { name, text } of files) {
    begun += starts.exponential(1 / sessionsPerSecond / speed);
    yield release(toNanoseconds(begun));
    for (const { offset, turns } of sessionsOf(parseJsonObject(text, name, NEXT_STEP), name, newName)) {
      const work = chained(turns);
      checkLengths(work, contextLength, () => name);
      waiting.push(toNanoseconds(begun + offset / speed), read, work);
      read += 1;
    }
  }
  yield release(Infinity);
  if (read === 0)
    throw new InputError(
      place,
      "expected at least one session's file, got none",
      "Check that it is the trace, and whole; ServeGen's statistics are read by `kind: clients` in a scenario.",
    );
}

interface Session {
  /** From the beginning of the file's session. */
  readonly offset: Seconds;
  readonly turns: Turn[];
}

/** The session of a file, and those of its subagents. */
const sessionsOf = (file: Readonly<Record<string, unknown>>, place: string, newName: () => number): Session[] => {
  const blockSize = wholeTokens(file["block_size"], show(file["block_size"]), "block_size", () => place, NEXT_STEP);
  const [agents, own] = [listOf(file, place).filter(isSubagent), listOf(file, place).filter((request) => !isSubagent(request))];
  const subagents = agents.map((agent): Session => {
    const where = `${place}: subagent ${show(agent["agent_id"])}`;
    return { offset: numberAt(agent, "t", where), turns: turnsOf(listOf(agent, where), blockSize, where, newName) };
  });
  return [{ offset: 0, turns: turnsOf(own, blockSize, place, newName) }, ...subagents].filter(({ turns }) => turns.length > 0);
};

type Recorded = Readonly<Record<string, unknown>>;

const isSubagent = ({ type }: Recorded): boolean => type === "subagent";

const listOf = ({ requests }: Recorded, place: string): Recorded[] => {
  if (Array.isArray(requests) && requests.every((request) => typeof request === "object" && request !== null))
    return requests as Recorded[];
  throw new InputError(place, `expected requests to be a list of objects, got ${show(requests)}`, NEXT_STEP);
};

const turnsOf = (requests: readonly Recorded[], blockSize: Tokens, place: string, newName: () => number): Turn[] => {
  /** Where a block was first met: in which request, and how deep. */
  const met = new Map<unknown, { readonly parts: readonly PromptPart[]; readonly depth: number }>();
  let before: { readonly ids: readonly unknown[]; readonly known: readonly PromptPart[] } | null = null;
  return requests.map((request, i) => {
    const where = `${place}: requests[${i}]`;
    const promptTokens = wholeTokens(request["in"], show(request["in"]), "in", () => where, NEXT_STEP);
    const outputTokens = wholeTokens(request["out"] === 0 ? 1 : request["out"], show(request["out"]), "out", () => where, NEXT_STEP);
    const ids = idsOf(request["hash_ids"], Math.floor(promptTokens / blockSize), where);
    const depth = sharedDepth(ids, met);
    const goesOn = before !== null && before.ids.length === depth && isSame(before.ids, ids) && tokensOf(before.known) <= promptTokens;
    const known = goesOn ? before!.known : depth === 0 ? [] : cutTo(met.get(ids[depth - 1])!.parts, depth * blockSize);
    const naming = extended(known, promptTokens, newName);
    for (let block = depth; block < ids.length; block += 1) met.set(ids[block], { parts: naming.parts, depth: block + 1 });
    before = { ids, known: [...naming.parts, { id: naming.outputId, tokens: outputTokens }] };
    return { promptTokens, outputTokens, ...naming, thinkTime: i === 0 ? 0 : toNanoseconds(thinkTime(request, requests[i - 1]!, where)) };
  });
};

/** How many of the first blocks were met before, each as deep as here. */
const sharedDepth = (ids: readonly unknown[], met: ReadonlyMap<unknown, { readonly depth: number }>): number => {
  const fresh = ids.findIndex((id, i) => met.get(id)?.depth !== i + 1);
  return fresh === -1 ? ids.length : fresh;
};

/** Whether a prompt begins with all whole blocks of another: its last id says so. */
const isSame = (begin: readonly unknown[], ids: readonly unknown[]): boolean =>
  begin.length === 0 || ids[begin.length - 1] === begin.at(-1);

const idsOf = (ids: unknown, blocks: number, where: string): readonly unknown[] => {
  if (Array.isArray(ids) && ids.length === blocks) return ids;
  const found = Array.isArray(ids) ? String(ids.length) : show(ids);
  throw new InputError(where, `expected ${blocks} hash_ids, one for each whole block of \`in\`, got ${found}`, NEXT_STEP);
};

const thinkTime = (request: Recorded, before: Recorded, where: string): Seconds => {
  if (request["think_time"] !== undefined) return numberAt(request, "think_time", where);
  const answered = before["api_time"] === undefined ? 0 : numberAt(before, "api_time", where);
  return Math.max(0, numberAt(request, "t", where) - numberAt(before, "t", where) - answered);
};

const numberAt = (object: Recorded, name: string, where: string): number => {
  const value = object[name];
  if (typeof value === "number" && value >= 0) return value;
  throw new InputError(where, `expected ${name} to be a number of seconds, at least 0, got ${show(value)}`, NEXT_STEP);
};
