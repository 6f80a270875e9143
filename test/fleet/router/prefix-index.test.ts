import * as fc from "fast-check";
import { expect, it } from "vitest";
import { PrefixIndex } from "../../../src/fleet/router/prefix-index.ts";
import { runs } from "../../runs.ts";

/** Two words for each block. Names that differ in the high word only share a bucket. */
const hashesOf = (blocks: readonly number[]): Int32Array => Int32Array.from(blocks.flatMap((block) => [block % 3, block]));

it("finds what was sent last, as many blocks as it remembers, each used longest ago forgotten first, a prompt's end before its beginning", () => {
  const prompt = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(prompt, { maxLength: 20 }), (capacity, prompts) => {
      const index = new PrefixIndex(capacity);
      let byUse: number[] = [];
      for (const blocks of prompts) {
        index.remember(hashesOf(blocks), blocks.length);
        byUse = [...byUse.filter((block) => !blocks.includes(block)), ...blocks.toReversed()].slice(-capacity);
        for (let block = 0; block <= 12; block += 1) expect(index.match(hashesOf([block]), 1)).toBe(byUse.includes(block) ? 1 : 0);
      }
    }),
    runs(100),
  );
});

it.each([
  [[1, 2, 3], 3],
  [[1, 2, 9], 2],
  [[9, 2, 3], 0],
  [[2, 3], 2],
])("of blocks 1, 2 and 3, %j match in a row: %i", (blocks, expected) => {
  const index = new PrefixIndex(10);
  index.remember(hashesOf([1, 2, 3]), 3);
  expect(index.match(hashesOf(blocks), blocks.length)).toBe(expected);
});
