import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_SLOTS, blockTable, slotOf, spreadAround } from "../../kernels/attention/paged-cache.ts";
import { decodeSequences, pairsOf, prefillSequences, raggedOf, startsOf } from "../../kernels/attention/problem.ts";
import { tokenPlaces } from "../../kernels/layer/rotary.ts";
import { runs } from "../runs.ts";

const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe("a block table", () => {
  it("gives every position of every sequence a slot of its own, and as few blocks as will do", () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const table = blockTable(lengths);
        const slots = lengths.flatMap((length, sequence) => Array.from({ length }, (_, position) => slotOf(table, sequence, position)));
        expect(new Set(slots).size).toBe(slots.length);
        expect(table.blocks).toBe(sum(lengths.map((length) => Math.ceil(length / BLOCK_SLOTS))));
        for (const slot of slots) expect(slot).toBeLessThan(table.blocks * BLOCK_SLOTS);
        for (const block of table.entries) expect(block).toBeLessThan(table.blocks);
      }),
      runs(50),
    );
  });

  it("keeps the positions of a block together", () => {
    const table = blockTable([40, 33]);
    expect(slotOf(table, 1, 31) - slotOf(table, 1, 16)).toBe(15);
    expect(slotOf(table, 1, 32) % BLOCK_SLOTS).toBe(0);
  });

  it("scatters the blocks of a long sequence, the same way each time", () => {
    const { entries } = blockTable([BLOCK_SLOTS * 1000]);
    const neighbours = [...entries].filter((block, i) => block === entries[i - 1]! + 1);
    expect(neighbours.length).toBeLessThan(10);
    expect(blockTable([BLOCK_SLOTS * 1000]).entries).toEqual(entries);
  });
});

describe("sizes spread around their mean", () => {
  it("add up to the mean's, stay within the spread and above zero, and reach out to it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 100 }),
        (mean, count, percent) => {
          const sizes = spreadAround(mean, count, percent);
          expect(sizes).toHaveLength(count);
          expect(sum(sizes)).toBe(mean * count);
          const reach = (mean * percent) / 100;
          for (const size of sizes) {
            expect(size).toBeGreaterThanOrEqual(1);
            expect(Math.abs(size - mean)).toBeLessThanOrEqual(reach + 0.5);
          }
          expect(Math.max(...sizes) - mean).toBeGreaterThanOrEqual(Math.min(mean - 1, reach * (1 - 1 / count) - 0.5));
        },
      ),
      runs(100),
    );
  });

  it("are not in order", () => {
    const sizes = spreadAround(100, 10, 50);
    expect([...sizes].sort((a, b) => a - b)).toEqual([55, 65, 75, 85, 95, 105, 115, 125, 135, 145]);
    expect(sizes).not.toEqual([...sizes].sort((a, b) => a - b));
  });
});

describe("where a batch lies", () => {
  const heads = { heads: 4, kv_heads: 2, head_dim: 8 };
  const prefill = fc.record({
    chunk: fc.integer({ min: 1, max: 50 }),
    context: fc.integer({ min: 0, max: 60 }),
    sequences: fc.integer({ min: 1, max: 5 }),
    spread: fc.integer({ min: 0, max: 100 }),
  });
  const decode = fc.record({
    sequences: fc.integer({ min: 1, max: 9 }),
    context: fc.integer({ min: 1, max: 100 }),
    spread: fc.integer({ min: 0, max: 100 }),
  });

  it("every token has the next position of its sequence, and the slot of that position", () => {
    fc.assert(
      fc.property(prefill, decode, (chunks, decoding) => {
        const [first, second] = [prefillSequences({ ...heads, ...chunks }), decodeSequences({ ...heads, ...decoding })];
        const batch = { tokens: [...first.tokens, ...second.tokens], lengths: [...first.lengths, ...second.lengths] };
        const table = blockTable(batch.lengths);
        const starts = startsOf(batch);
        const { positions, slots } = tokenPlaces(batch, table);
        expect(positions).toHaveLength(starts.at(-1)!);
        batch.lengths.forEach((length, sequence) => {
          const [from, to] = [starts[sequence]!, starts[sequence + 1]!];
          expect(positions[to - 1]).toBe(length - 1);
          for (let row = from; row < to; row++) {
            expect(positions[row]).toBe(length - (to - row));
            expect(slots[row]).toBe(slotOf(table, sequence, positions[row]!));
          }
        });
        const parts = [raggedOf(heads, batch, table, 0, chunks.sequences), raggedOf(heads, batch, table, chunks.sequences)];
        expect(parts.map(({ firstRow }) => firstRow)).toEqual([0, chunks.chunk * chunks.sequences]);
        expect(sum(parts.map(({ tokens }) => tokens))).toBe(positions.length);
        expect(pairsOf(batch)).toBe(sum(positions.map((position) => position + 1)));
      }),
      runs(50),
    );
  });
});
