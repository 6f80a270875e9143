import type { CsvRecord } from "../../src/traffic/trace/columns.ts";
import { linesOf, type Line } from "../../src/traffic/trace/lines.ts";

export async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** All items of what comes in batches. */
export const all = async <T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> => {
  const found: T[] = [];
  for await (const batch of batches) found.push(...batch);
  return found;
};

/** A CSV text without quotes, a batch for each record. */
export const records = (text: string): AsyncIterable<readonly CsvRecord[]> =>
  each(text.split("\n").map((line, i) => [{ line: i + 1, fields: line.split(",") }]));

/** The lines of a text, a batch for each. */
export const lines = (text: string): AsyncIterable<readonly Line[]> => linesOf(each(text.split(/(?<=\n)/u)));

/** What each text is refused with, a line each. */
export const refusals = async (read: (text: string) => Promise<unknown>, bad: readonly [what: string, text: string][]): Promise<string> => {
  const messages = bad.map(async ([what, text]) => `${what}: ${await read(text).then(String, (error: Error) => error.message)}`);
  return (await Promise.all(messages)).join("\n");
};
