import type { Bytes } from "../../../src/units.ts";

/** Fills a buffer from a stream and gives it back, with fewer bytes in it only at the end. */
type Fill = (buffer: ArrayBuffer) => Promise<Uint8Array<ArrayBuffer>>;

interface Source {
  readonly fill: Fill;
  /** Nothing more is wanted. */
  cancel(): Promise<void>;
}

/** The stream writes into our own buffer, which travels there and back. */
const fillDirectly =
  (reader: ReadableStreamBYOBReader): Fill =>
  async (buffer) => {
    const size = buffer.byteLength;
    let filled = 0;
    let current = buffer;
    while (filled < size) {
      const { done, value } = await reader.read(new Uint8Array(current, filled, size - filled), { min: size - filled });
      if (value === undefined) throw new Error("the stream was cancelled");
      current = value.buffer;
      filled += value.byteLength;
      if (done) break;
    }
    return new Uint8Array(current, 0, filled);
  };

/** The stream brings its own pieces, which are copied together. */
const fillByCopy = (reader: ReadableStreamDefaultReader<Uint8Array>): Fill => {
  let rest = new Uint8Array(0);
  return async (buffer) => {
    const whole = new Uint8Array(buffer);
    let filled = 0;
    while (filled < whole.length) {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) break;
        rest = value as Uint8Array<ArrayBuffer>;
      }
      const part = rest.subarray(0, whole.length - filled);
      whole.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
    }
    return whole.subarray(0, filled);
  };
};

const sourceOf = (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Source => {
  try {
    const reader = stream.getReader({ mode: "byob" });
    return { fill: fillDirectly(reader), cancel: () => reader.cancel() };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it is no byte stream
    const reader = stream.getReader();
    return { fill: fillByCopy(reader), cancel: () => reader.cancel() };
  }
};

/**
 * A stream cut into chunks of `chunkBytes`; the last may be shorter. One chunk is read ahead while the one before is in use, and
 * no more, so that two of them are all the memory it takes.
 *
 * A chunk's bytes are valid until the next one is asked for. A reader that stops early cancels the stream.
 */
export async function* streamChunks(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  chunkBytes: Bytes,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { fill, cancel } = sourceOf(stream);
  let spare = new ArrayBuffer(chunkBytes);
  let coming = fill(new ArrayBuffer(chunkBytes));
  try {
    for (;;) {
      const chunk = await coming;
      if (chunk.length === 0) return;
      const isLast = chunk.length < chunkBytes;
      if (!isLast) coming = fill(spare);
      yield chunk;
      if (isLast) return;
      spare = chunk.buffer;
    }
  } finally {
    coming.catch(() => {}); // what was read ahead is not wanted any more
    await cancel().catch(() => {}); // it had broken by itself, which was told already
  }
}
