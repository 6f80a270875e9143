import { describe, expect, it } from "vitest";
import { variantById } from "../../kernels/index.ts";
import type { Shape, Values } from "../../kernels/kernel.ts";

/** What a variant's reference expects in each of its outputs. */
const expected = (id: string, shape: Shape, inputs: Readonly<Record<string, readonly number[]>>): Record<string, number[]> => {
  const values: Values = Object.fromEntries(Object.entries(inputs).map(([name, list]) => [name, Float64Array.from(list)]));
  const references = variantById(id).run(shape).reference(values, {});
  return Object.fromEntries(references.map((reference) => [reference.buffer, [...reference.expected]]));
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
    close(expected("attention-decode/direct-f32", shape, { queries: [3, 4], keys: [5, 6], values: [7, 8] })["out"], [7, 8]);
  });

  it("attention to equal keys is the mean of their values", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 2, sequences: 1, context: 2 };
    close(expected("attention-decode/direct-f32", shape, { queries: [3, 4], keys: [1, 1, 1, 1], values: [2, 10, 4, 30] })["out"], [3, 20]);
  });

  it("scores are scaled by the root of the head length, and weigh values by their exponential", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 4, sequences: 1, context: 2 };
    // Scores 2·ln 3 / √4 = ln 3 and 0: weights 3/4 and 1/4.
    const keys = [2 * Math.log(3), 0, 0, 0, 0, 0, 0, 0];
    close(
      expected("attention-decode/direct-f32", shape, { queries: [1, 0, 0, 0], keys, values: [4, 0, 0, 0, 0, 4, 0, 0] })["out"],
      [3, 1, 0, 0],
    );
  });

  it("a prompt's token sees the context and the chunk up to itself", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 1, chunk: 2, context: 1 };
    close(expected("attention-prefill/tiled-f32", shape, { queries: [0, 0], keys: [1, 1, 1], values: [1, 3, 11] })["out"], [2, 5]);
  });

  it("query heads of a group share a key–value head", () => {
    const shape = { heads: 4, kv_heads: 2, head_dim: 1, sequences: 1, context: 1 };
    close(expected("attention-decode/direct-f32", shape, { queries: [1, 1, 1, 1], keys: [1, 1], values: [5, 9] })["out"], [5, 5, 9, 9]);
  });

  it("each decoding sequence has its own cache", () => {
    const shape = { heads: 1, kv_heads: 1, head_dim: 1, sequences: 2, context: 2 };
    close(expected("attention-decode/split-f32", shape, { queries: [0, 0], keys: [1, 1, 1, 1], values: [1, 3, 10, 30] })["out"], [2, 20]);
  });

  it("the norm divides by the root mean square", () => {
    const { out } = expected("rms-norm/f32", { tokens: 1, hidden: 2 }, { x: [3, 4], weight: [1, 2] });
    const root = Math.sqrt(12.5 + 1e-5);
    close(out, [3 / root, 8 / root]);
  });

  it("a quarter turn swaps the halves of queries and keys, and leaves values alone", () => {
    const shape = { tokens: 1, heads: 1, kv_heads: 1, head_dim: 2, context: 0 };
    const rotated = expected("rotary/f32", shape, { qkv: [1, 2, 3, 4, 5, 6], rotations: [0, 1] });
    close(rotated["queries"], [-2, 1]);
    close(rotated["keys"], [-4, 3]);
    close(rotated["values"], [5, 6]);
  });

  it("SwiGLU of a closed gate is 0, of a wide open one the product", () => {
    close(expected("swiglu/f32", { tokens: 1, intermediate: 3 }, { gate_up: [0, 40, -40, 7, 2, 2] })["out"], [0, 80, 0]);
  });

  it("the residual adds", () => {
    close(expected("residual-add/f32", { length: 2 }, { x: [1, 2], y: [10, 20] })["out"], [11, 22]);
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
    const b = [...numbered, ...numbered.map((value) => -value)];
    const { sums } = expected("matrix-multiply-add/2x2-f16", { tiles: 2, steps: 3 }, { a, b });
    const tile = [3, -3, 6, -6].flatMap((factor) => numbered.map((value) => factor * value));
    close(sums, [...tile, ...tile]);
  });
});
