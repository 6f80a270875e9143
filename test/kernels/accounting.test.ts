import { describe, expect, it } from "vitest";
import { layerLinears, variantById } from "../../kernels/index.ts";
import type { Shape } from "../../kernels/kernel.ts";

const run = (id: string, shape: Shape) => variantById(id).run(shape);

describe("operations and bytes of the problem", () => {
  it.each<[string, Shape, number, number]>([
    // 2·m·n·k; (m·k + n·k + m·n) elements
    ["matmul/tiled-64x64x16-4x4-f32", { m: 2, n: 3, k: 5 }, 60, (10 + 15 + 6) * 4],
    ["matmul/matvec-4x64-f16", { m: 2, n: 3, k: 5 }, 60, (10 + 15 + 6) * 2],
    // 3 tokens behind 2 keys: 3 + 4 + 5 = 12 pairs, 4·head_dim·heads each; queries and outputs of 3 tokens, keys and values of 5
    [
      "attention-prefill/tiled-16x32-f32",
      { heads: 4, kv_heads: 2, head_dim: 8, chunk: 3, context: 2 },
      4 * 8 * 4 * 12,
      // one block, a length, two starts
      (2 * 3 * 4 * 8 + 2 * 5 * 2 * 8) * 4 + 4 * (1 + 1 + 2),
    ],
    [
      "attention-decode/direct-f16",
      { heads: 4, kv_heads: 2, head_dim: 8, sequences: 3, context: 17 },
      4 * 8 * 4 * 51,
      // two blocks each
      (2 * 3 * 4 * 8 + 2 * 51 * 2 * 8) * 2 + 4 * (6 + 3 + 4),
    ],
    [
      "attention-decode/split-256-f16",
      // 8, 16 and 24 keys: two blocks for the longest alone
      { heads: 4, kv_heads: 2, head_dim: 8, sequences: 3, context: 16, spread: 75 },
      4 * 8 * 4 * 48,
      (2 * 3 * 4 * 8 + 2 * 48 * 2 * 8) * 2 + 4 * (4 + 3 + 4),
    ],
    ["copy/vec4", { length: 1000 }, 0, 8000],
    // one thread of 4 vec4s each 4,096 elements, and the sums of as many threads as read
    ["read/vec4x4", { length: 8192 }, 0, (8192 + 512) * 4],
    // 16 lanes, 2 operations each; a, b and a factor for each of 4 chains
    ["multiply-add/vec4x4-t64-f32", { threads: 10, steps: 100 }, 32 * 1000, (24 + 20) * 4],
    ["multiply-add/vec4x4-t64-f16", { threads: 10, steps: 100 }, 32 * 1000, (24 + 10) * 2 + 10 * 4],
    // 8 products of 16×16×16 a step
    ["matrix-multiply-add/4x2-f16", { tiles: 3, steps: 5 }, 2 * 16 ** 3 * 8 * 15, (4 + 2) * 256 * 2 + 3 * 8 * 256 * 4],
    ["rms-norm/f32", { tokens: 3, hidden: 8 }, 96, (48 + 8) * 4],
    ["residual-norm/f32", { tokens: 3, hidden: 8 }, 120, (96 + 8) * 4],
    ["greedy-head/f16", { rows: 3, vocab: 8 }, 24, 48 + 12],
    ["swiglu/f16", { tokens: 3, intermediate: 8 }, 120, 72 * 2],
    ["residual-add/f32", { length: 8 }, 8, 96],
  ])("%s %j", (id, shape, operations, bytes) => {
    expect(run(id, shape)).toMatchObject({ operations, bytes });
  });

  it("every byte of a simple kernel's buffers is counted once", () => {
    for (const id of [
      "matmul/tiled-64x64x16-4x4-f32",
      "rms-norm/f32",
      "residual-norm/f32",
      "greedy-head/f32",
      "swiglu/f32",
      "copy/vec4",
      "read/vec4x8",
      "read/scalarx16",
      "multiply-add/vec4x4-t64-f32",
    ]) {
      const variant = variantById(id);
      for (const shape of variant.verificationShapes) {
        const { buffers, bytes } = variant.run(shape);
        const held = buffers.filter(({ role }) => role !== "scratch").reduce((sum, { length }) => sum + 4 * length, 0);
        expect(bytes).toBe(held);
      }
    }
  });
});

describe("a decoder layer", () => {
  // Llama-3.2-1B
  const sizes = { hidden: 2048, intermediate: 8192, heads: 32, kv_heads: 8, head_dim: 64 };

  it("has the linear layers of its model, query–key–value and gate–up fused", () => {
    expect(layerLinears(sizes)).toEqual([
      { name: "qkv", n: 3072, k: 2048 },
      { name: "o", n: 2048, k: 2048 },
      { name: "gate_up", n: 16_384, k: 2048 },
      { name: "down", n: 2048, k: 8192 },
    ]);
  });

  it("counts its linear layers for every token and attention for every pair", () => {
    const weights = 3072 * 2048 + 2048 * 2048 + 16_384 * 2048 + 2048 * 8192;
    const batch = { prefill_tokens: 3, prefill_context: 2, decode_sequences: 2, decode_context: 7 };
    const { operations, bytes } = run("decoder-layer/f16", { ...sizes, ...batch });
    expect(operations).toBe(2 * 5 * weights + 4 * 64 * 32 * (12 + 14));
    // three sequences of a block each: their numbers, lengths and starts
    expect(bytes).toBe(2 * (weights + 2 * 2048 + 2 * 5 * 2048 + 2 * (5 + 14) * 8 * 64) + 4 * (3 + 3 + 4));
  });

  it.each([
    ["one prompt chunk", { prefill_tokens: 9, prefill_context: 0, decode_sequences: 0, decode_context: 0 }, ["attention prefill"]],
    [
      "decoding sequences alone",
      { prefill_tokens: 0, prefill_context: 0, decode_sequences: 9, decode_context: 3 },
      ["attention decode", "attention decode merge"],
    ],
    [
      "both",
      { prefill_tokens: 9, prefill_context: 0, decode_sequences: 9, decode_context: 3 },
      ["attention prefill", "attention decode", "attention decode merge"],
    ],
  ])("attends for the parts that are there, and holds one block for each sequence: %s", (_, batch, labels) => {
    const { buffers, dispatches } = run("decoder-layer/f32", { ...sizes, ...batch });
    expect(dispatches.map(({ label }) => label).filter((label) => label.startsWith("attention"))).toEqual(labels);
    const sequences = batch.decode_sequences + Math.sign(batch.prefill_tokens);
    expect(buffers.find(({ name }) => name === "keys")).toMatchObject({ length: sequences * 16 * 8 * 64 });
  });

  it.each([
    [8, "matmul matvec by workgroup"],
    [9, "matmul tiled-64x64x16-4x4"],
  ])("computes %i tokens with %s", (tokens, label) => {
    const batch = { prefill_tokens: 0, prefill_context: 0, decode_sequences: tokens, decode_context: 5 };
    const matmuls = run("decoder-layer/f32", { ...sizes, ...batch }).dispatches.filter((dispatch) => dispatch.label.startsWith("matmul"));
    expect(matmuls.map((dispatch) => dispatch.label)).toEqual(Array(4).fill(label));
  });
});
