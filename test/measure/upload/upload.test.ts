import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomSource } from "../../../harness/measure/upload/random-source.ts";
import { chunksOf, shardSizes } from "../../../harness/measure/upload/shards.ts";
import { runs } from "../../runs.ts";

const sizes = fc.record({
  bytes: fc.integer({ min: 1, max: 500 }).map((words) => 4 * words),
  largest: fc.integer({ min: 1, max: 200 }).map((words) => 4 * words),
  chunkBytes: fc.integer({ min: 1, max: 300 }).map((words) => 4 * words),
});

describe("an upload in shards and chunks", () => {
  it("covers every byte once, in order, and breaks no limit", () => {
    fc.assert(
      fc.property(sizes, ({ bytes, largest, chunkBytes }) => {
        const shards = shardSizes(bytes, largest);
        expect(Math.max(...shards)).toBeLessThanOrEqual(largest);
        const starts = shards.map((_, i) => shards.slice(0, i).reduce((sum, size) => sum + size, 0));
        let next = 0;
        for (const [i, { index, shard, offset, size }] of chunksOf(shards, chunkBytes).entries()) {
          expect(index).toBe(i);
          expect(starts[shard]! + offset).toBe(next);
          expect(size).toBeGreaterThan(0);
          expect(size).toBeLessThanOrEqual(chunkBytes);
          next += size;
        }
        expect(next).toBe(bytes);
      }),
      runs(200),
    );
  });

  it.each([
    [12, 12, [12]],
    [16, 12, [12, 4]],
    [24, 12, [12, 12]],
  ])("%i bytes in buffers of at most %i: %j", (bytes, largest, shards) => {
    expect(shardSizes(bytes, largest)).toEqual(shards);
  });

  it("sends other bytes in every chunk, so that two swapped ones are noticed", () => {
    const source = randomSource(4096);
    const chunks = chunksOf([64 * 4096], 4096).map((chunk) => source.of(chunk));
    expect(new Set(chunks.map((bytes) => bytes.join())).size).toBe(64);
  });

  it("sends the same bytes again for the same chunk, or they could not be compared", () => {
    const source = randomSource(100_000);
    const chunk = { index: 7, shard: 0, offset: 0, size: 99_996 };
    expect(source.of(chunk)).toEqual(source.of(chunk));
    expect(new Set(source.of(chunk)).size).toBe(256);
  });
});
