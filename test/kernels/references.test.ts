import { describe, expect, it } from "vitest";
import { variantById } from "../../kernels/index.ts";
import type { Shape, Values } from "../../kernels/kernel.ts";

/** What a variant's reference expects in each of its outputs. */
const expected = (id: string, shape: Shape, inputs: Readonly<Record<string, readonly number[]>>): Record<string, number[]> => {
  const values: Values = Object.fromEntries(Object.entries(inputs).map(([name, list]) => [name, Float64Array.from(list)]));
  const references = variantById(id).run(shape).reference(values, values);
  return Object.fromEntries(references.map((reference) => [reference.buffer, [...reference.expected]]));
};

/** A run whose buffers of whole numbers can be read. */
const run = (id: string, shape: Shape) => {
  const { buffers } = variantById(id).run(shape);
  return { buffers: buffers.flatMap(({ name, fill, length }) => (fill.kind === "indices" ? [{ name, fill, length }] : [])), all: buffers };
};

/** A paged buffer with these rows, [sequence][position][kv_heads·head_dim], in the blocks that the run's table gives; NaN in every other slot. */
const paged = ({ buffers, all }: ReturnType<typeof run>, name: string, rows: readonly (readonly (readonly number[])[])[]): number[] => {
  const cache = Array<number>(all.find((spec) => spec.name === name)!.length).fill(Number.NaN);
  const table = buffers.find((spec) => spec.name === "block_table")!;
  const stride = table.length / rows.length;
  rows.forEach((positions, sequence) =>
    positions.forEach((row, position) => {
      const slot = table.fill.values[sequence * stride + Math.floor(position / 16)]! * 16 + (position % 16);
      row.forEach((value, i) => (cache[slot * row.length + i] = value));
    }),
  );
  return cache;
};

/** What attention should give for these queries, and keys and values by sequence and position. */
const attended = (
  id: string,
  shape: Shape,
  queries: readonly number[],
  keys: readonly (readonly (readonly number[])[])[],
  values: readonly (readonly (readonly number[])[])[],
): number[] | undefined => {
  const made = run(id, shape);
  return expected(id, shape, { queries, keys: paged(made, "keys", keys), values: paged(made, "values", values) })["out"];
};

const close = (got: readonly number[] | undefined, want: readonly number[]): void => {
  expect(got).toHaveLength(want.length);
  want.forEach((value, i) => expect(got?.[i]).toBeCloseTo(value, 12));
};

describe("worked by hand", () => {
  it("a matmul multiplies rows of A with rows of W", () => {
    const { c } = expected("matmul/tiled-64x64x16-4x4-f32", { m: 2, n: 3, k: 2 }, { a: [1, 2, 3, 4], w: [1, 0, 0, 1, 5, 6] });
    close(c, [1, 2, 17, 3, 4, 39]);
  });

  it("attention to one key is its value", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 2, sequences: 1, context: 1 };
    close(attended("attention-decode/direct-f32", shape, [3, 4], [[[5, 6]]], [[[7, 8]]]), [7, 8]);
  });

  it("attention to equal keys is the mean of their values", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 2, sequences: 1, context: 2 };
    const keys = [
      [1, 1],
      [1, 1],
    ];
    const values = [
      [2, 10],
      [4, 30],
    ];
    close(attended("attention-decode/direct-f32", shape, [3, 4], [keys], [values]), [3, 20]);
  });

  it("scores are scaled by the root of the head length, and weigh values by their exponential", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 4, sequences: 1, context: 2 };
    // Scores 2·ln 3 / √4 = ln 3 and 0: weights 3/4 and 1/4.
    const keys = [
      [2 * Math.log(3), 0, 0, 0],
      [0, 0, 0, 0],
    ];
    const values = [
      [4, 0, 0, 0],
      [0, 4, 0, 0],
    ];
    close(attended("attention-decode/direct-f32", shape, [1, 0, 0, 0], [keys], [values]), [3, 1, 0, 0]);
  });

  it("a prompt's token sees the context and the chunk up to itself", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 1, chunk: 2, context: 1 };
    close(attended("attention-prefill/quad-4-f32", shape, [0, 0], [[[1], [1], [1]]], [[[1], [3], [11]]]), [2, 5]);
  });

  it("each of several chunks sees its own context", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 1, chunk: 1, context: 1, sequences: 2 };
    const keys = [
      [[1], [1]],
      [[1], [1]],
    ];
    const values = [
      [[1], [3]],
      [[10], [30]],
    ];
    close(attended("attention-prefill/tiled-16x32-f32", shape, [0, 0], keys, values), [2, 20]);
  });

  it("query heads of a group share a key–value head", () => {
    const shape = { heads: 4, kv_heads: 2, head_dim: 1, sequences: 1, context: 1 };
    close(attended("attention-decode/direct-f32", shape, [1, 1, 1, 1], [[[1, 1]]], [[[5, 9]]]), [5, 5, 9, 9]);
  });

  it("each decoding sequence has its own blocks, and as many keys as its length says", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 1, sequences: 2, context: 18, spread: 100 };
    const lengths = [...run("attention-decode/split-256-f32", shape).buffers.find(({ name }) => name === "lengths")!.fill.values];
    expect([...lengths].sort((x, y) => x - y)).toEqual([9, 27]);
    const values = lengths.map((length, sequence) => Array.from({ length }, (_, i) => [100 * sequence + i]));
    const keys = values.map((list) => list.map(() => [1]));
    close(
      attended("attention-decode/split-256-f32", shape, [0, 0], keys, values),
      lengths.map((length, sequence) => 100 * sequence + (length - 1) / 2),
    );
  });

  it("the norm divides by the root mean square", () => {
    const { out } = expected("rms-norm/f32", { tokens: 1, hidden: 2 }, { x: [3, 4], weight: [1, 2] });
    const root = Math.sqrt(12.5 + 1e-5);
    close(out, [3 / root, 8 / root]);
  });

  it("a quarter turn swaps the halves of queries and keys, and leaves values alone", () => {
    const shape = { tokens: 1, heads: 1, kv_heads: 1, head_dim: 2, context: 0 };
    const cache = Array<number>(16 * 2).fill(9);
    const rotated = expected("rotary/f32", shape, { qkv: [1, 2, 3, 4, 5, 6], rotations: [0, 1], keys: cache, values: cache });
    close(rotated["queries"], [-2, 1]);
    close(rotated["keys"], [-4, 3, ...cache.slice(2)]);
    close(rotated["values"], [5, 6, ...cache.slice(2)]);
  });

  it("SwiGLU of a closed gate is 0, of a wide open one the product", () => {
    close(expected("swiglu/f32", { tokens: 1, intermediate: 3 }, { gate_up: [0, 40, -40, 7, 2, 2] })["out"], [0, 80, 0]);
  });

  it("the residual adds", () => {
    close(expected("residual-add/f32", { length: 2 }, { x: [1, 2], y: [10, 20] })["out"], [11, 22]);
  });

  it("the residual's sum is normed as it was stored", () => {
    const root = Math.sqrt(12.5 + 1e-5);
    const both = expected("residual-norm/f32", { tokens: 1, hidden: 2 }, { x: [1, 2], y: [2, 2], sum: [3, 4], weight: [1, 2] });
    close(both["sum"], [3, 4]);
    close(both["out"], [3 / root, 8 / root]);
  });

  it("the greedy head takes the largest logit, and of equal ones the first", () => {
    close(expected("greedy-head/f32", { rows: 2, vocab: 4 }, { logits: [1, 7, 7, 2, -3, -5, -3, -9] })["tokens"], [1, 0]);
  });

  it("multiply-add runs every chain and sums all lanes", () => {
    // a = ½, b = 1 in every lane: x goes from 0 to 1 to 1.5, on 16 lanes.
    const vec4 = (value: number) => [value, value, value, value];
    const coefficients = [...vec4(0.5), ...vec4(1), ...[1, 2, 3, 4].flatMap(vec4)];
    close(expected("multiply-add/vec4x4-t64-f32", { threads: 1, steps: 2 }, { coefficients, start: [0] })["sums"], [24]);
    // From 8 times each chain's factor, which two steps quarter: 4 lanes of 2 · (1 + 2 + 3 + 4) more.
    close(expected("multiply-add/vec4x4-t64-f32", { threads: 1, steps: 2 }, { coefficients, start: [8] })["sums"], [24 + 80]);
  });

  it("a reader sums what lies one grid's width apart, and no padding", () => {
    // One workgroup of 256 threads; 1,026 elements are 257 vec4s, so that the first reader has the last one as well.
    const source = Array.from({ length: 1026 }, (_, i) => i);
    const { sums } = expected("read/vec4x4", { length: 1026 }, { source });
    expect(sums).toHaveLength(256);
    close(sums?.slice(0, 2), [0 + 1 + 2 + 3 + 1024 + 1025, 4 + 5 + 6 + 7]);
  });

  it("matrix units add the product of each pair of operands, once a step", () => {
    const matrix = (value: (row: number, column: number) => number) =>
      Array.from({ length: 256 }, (_, i) => value(Math.floor(i / 16), i % 16));
    const identity = matrix((row, column) => (row === column ? 1 : 0));
    const numbered = matrix((row, column) => row + column / 32);
    const a = [...identity, ...identity.map((value) => 2 * value)];
    const transposed = matrix((row, column) => column + row / 32);
    const w = [...transposed, ...transposed.map((value) => -value)];
    const { sums } = expected("matrix-multiply-add/2x2-f16", { tiles: 2, steps: 3 }, { a, w });
    const tile = [3, -3, 6, -6].flatMap((factor) => numbered.map((value) => factor * value));
    close(sums, [...tile, ...tile]);
  });
});
