import { InputError } from "../../errors.ts";
import type { Tokens } from "../../units.ts";
import type { Request, Work } from "../request.ts";
import { atLine, type Batches, type TimedRequest } from "./line-error.ts";

/** How a trace is played. */
export interface Playing {
  /** 2 halves every time of arrival; think times stay. 1 where it is left out. */
  readonly speed?: number;
  /** The longest prompt plus output that the model takes: a longer request is an error. Any length where it is left out. */
  readonly contextLength?: Tokens | undefined;
}

/**
 * Numbers a trace's requests and sets their pace.
 *
 * @throws InputError where a request comes before the one above it or is longer than the context, or there is none at all
 */
export async function* inOrder(rows: Batches<TimedRequest>, place: string, playing: Playing): AsyncGenerator<readonly Request[]> {
  const { speed = 1, contextLength = Infinity } = playing;
  let previous: TimedRequest | null = null;
  let id = 0;
  for await (const batch of rows) {
    const requests: Request[] = [];
    for (const row of batch) {
      if (previous !== null && row.at < previous.at) {
        throw new InputError(
          atLine(place, row.line),
          `expected times in rising order, got ${row.stamp} after ${previous.stamp}`,
          "Sort the file by time.",
        );
      }
      checkLengths(row.work, contextLength, () => atLine(place, row.line));
      requests.push({ id, arrivedAt: Math.floor(row.at / speed + 0.5), ...row.work });
      id += 1;
      previous = row;
    }
    yield requests;
  }
  if (previous === null)
    throw new InputError(place, "expected at least one request, got none", "Check that the file is the trace, and whole.");
}

/** @throws InputError where a request, or a later one of its session, is longer than the context */
export const checkLengths = (work: Work, most: Tokens, where: () => string): void => {
  for (let turn: Work | undefined = work; turn !== undefined; turn = turn.next) {
    const { promptTokens, outputTokens } = turn;
    if (promptTokens + outputTokens <= most) continue;
    throw new InputError(
      where(),
      `expected at most ${most} tokens, the model's context, got a prompt of ${promptTokens} and ${outputTokens} of output`,
      "Choose a model with a longer context, take it out, or write `beyond_context: keep` in a scenario: the server then rejects such requests, and each counts as a miss.",
    );
  }
};
