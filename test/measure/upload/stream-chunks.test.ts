import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { streamChunks } from "../../../harness/measure/upload/stream-chunks.ts";
import { runs } from "../../runs.ts";

const kinds = ["bytes", "default"] as const;

/** A stream that brings these pieces, one each time it is asked, and counts how often it was. */
const streamOf = (pieces: readonly Uint8Array<ArrayBuffer>[], kind: (typeof kinds)[number]) => {
  const asked = { pieces: 0 };
  const next = (): Uint8Array<ArrayBuffer> | undefined => pieces[asked.pieces++]?.slice();
  const stream: ReadableStream<Uint8Array<ArrayBuffer>> =
    kind === "bytes"
      ? new ReadableStream({
          type: "bytes",
          pull: (controller) => {
            const piece = next();
            if (piece !== undefined) return controller.enqueue(piece);
            controller.close();
            controller.byobRequest?.respond(0);
          },
        })
      : new ReadableStream<Uint8Array<ArrayBuffer>>(
          {
            pull: (controller) => {
              const piece = next();
              if (piece === undefined) controller.close();
              else controller.enqueue(piece);
            },
          },
          { highWaterMark: 0 },
        );
  return { stream, asked };
};

const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>, chunkBytes: number) => {
  const chunks: number[][] = [];
  for await (const chunk of streamChunks(stream, chunkBytes)) chunks.push([...chunk]);
  return chunks;
};

describe.each(kinds)("a stream of %s cut into chunks", (kind) => {
  it("has every byte once and in order, all chunks but the last of the same size", async () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 50 }), async (given, chunkBytes) => {
        const parts = given.map((piece) => new Uint8Array(piece));
        const chunks = await collect(streamOf(parts, kind).stream, chunkBytes);
        expect(chunks.flat()).toEqual(parts.flatMap((piece) => [...piece]));
        expect(new Set([chunkBytes, ...chunks.slice(0, -1).map(({ length }) => length)])).toEqual(new Set([chunkBytes]));
        expect(chunks.at(-1)?.length).not.toBe(0);
      }),
      runs(100),
    );
  });

  it("is not read further ahead than one chunk", async () => {
    const { stream, asked } = streamOf(
      Array.from({ length: 100 }, () => new Uint8Array(10)),
      kind,
    );
    const chunks = streamChunks(stream, 10);
    await chunks.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked.pieces).toBeLessThanOrEqual(3);
  });

  it("is cancelled where its reader stops early", async () => {
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => void (isCancelled = true),
    });
    for await (const _ of streamChunks(endless, 10)) break;
    expect(isCancelled).toBe(true);
  });

  it("ends with the stream's own error where it breaks", async () => {
    const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: (controller) => controller.error(new Error("the line broke")) });
    await expect(collect(broken, 10)).rejects.toThrow("the line broke");
  });
});
