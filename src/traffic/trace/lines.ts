import type { Batches } from "./line-error.ts";

/** One line of a text, numbered from 1, without its line ending. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a text that comes in pieces cut anywhere, a batch for each piece. Lines end in LF or CRLF; blank ones are counted and left out;
 * a byte order mark is dropped; the last needs no ending.
 *
 * @param chunks decoded text: `createReadStream(file, "utf8")`, or a `TextDecoderStream`
 */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<readonly Line[]> {
  let number = 0;
  let rest = "";
  for await (const chunk of chunks) {
    const pieces = (rest + chunk).split("\n");
    rest = pieces.pop() ?? "";
    const lines: Line[] = [];
    for (const piece of pieces) {
      number += 1;
      const text = clean(piece, number);
      if (text !== "") lines.push({ number, text });
    }
    if (lines.length > 0) yield lines;
  }
  const text = clean(rest, number + 1);
  if (text !== "") yield [{ number: number + 1, text }];
}

const clean = (line: string, number: number): string => {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  const marked = number === 1 && text.startsWith("\uFEFF") ? text.slice(1) : text;
  return marked.trim() === "" ? "" : marked;
};

/** Each line as what is read from it. */
export async function* rowsOf<T>(lines: Batches<Line>, read: (line: Line) => T): AsyncGenerator<readonly T[]> {
  for await (const batch of lines) yield batch.map(read);
}
