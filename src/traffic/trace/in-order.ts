import { InputError } from "../../errors.ts";
import type { Request } from "../request.ts";
import { atLine, type TimedRequest } from "./line-error.ts";

/**
 * Numbers a trace's requests and sets their pace.
 *
 * @param speed 2 halves every time
 * @throws InputError where a request comes before the one above it, or there is none at all
 */
export async function* inOrder(rows: AsyncIterable<TimedRequest>, place: string, speed: number): AsyncGenerator<Request> {
  let previous: TimedRequest | null = null;
  let id = 0;
  for await (const row of rows) {
    if (previous !== null && row.at < previous.at) {
      throw new InputError(
        atLine(place, row.line),
        `expected times in rising order, got ${row.stamp} after ${previous.stamp}`,
        "Sort the file by time.",
      );
    }
    yield { id, arrivedAt: Math.floor(row.at / speed + 0.5), promptTokens: row.promptTokens, outputTokens: row.outputTokens };
    id += 1;
    previous = row;
  }
  if (previous === null)
    throw new InputError(place, "expected at least one request, got none", "Check that the file is the trace, and whole.");
}
