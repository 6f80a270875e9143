import { expect, it } from "vitest";
import { decoderLayer, defaultChoices, variantById } from "../../kernels/index.ts";
import type { Shape } from "../../kernels/kernel.ts";
import { messageOf } from "../message-of.ts";

const layer: Shape = {
  hidden: 64,
  intermediate: 96,
  heads: 4,
  kv_heads: 2,
  head_dim: 16,
  prefill_tokens: 1,
  prefill_context: 0,
  decode_sequences: 0,
  decode_context: 0,
};

it("a shape that is none is refused, naming the size, the rule and what was found", () => {
  const refused: [string, Shape][] = [
    ["matmul/tiled-64x64x16-4x4-f32", { m: 1, n: 2 }],
    ["matmul/tiled-64x64x16-4x4-f32", { m: 0, n: 2, k: 3 }],
    ["matmul/tiled-64x64x16-4x4-f32", { m: 1.5, n: 2, k: 3 }],
    ["matmul/tiled-64x64x16-4x4-f32", { m: 1, n: 2, k: 3, l: 4 }],
    ["attention-prefill/tiled-16x32-f32", { heads: 3, kv_heads: 2, head_dim: 64, chunk: 1, context: 0 }],
    ["attention-decode/direct-f32", { heads: 2, kv_heads: 2, head_dim: 64, sequences: 1, context: 0 }],
    ["attention-decode/direct-f32", { heads: 2, kv_heads: 2, head_dim: 1024, sequences: 1, context: 1 }],
    ["rotary/f32", { tokens: 1, heads: 2, kv_heads: 2, head_dim: 5, context: 0 }],
    ["decoder-layer/f32", { ...layer, prefill_tokens: 0 }],
    ["decoder-layer/f32", { ...layer, decode_sequences: 2 }],
    ["decoder-layer/f32", { ...layer, prefill_tokens: 5, prefill_sequences: 2 }],
    ["greedy-head/f32", { rows: 1 }],
  ];
  const messages = refused.map(([id, shape]) => messageOf(() => variantById(id).run(shape)));
  expect(messages.join("\n")).toMatchInlineSnapshot(`
    "RangeError: matmul: expected k to be a whole number of at least 1, got undefined
    RangeError: matmul: expected m to be a whole number of at least 1, got 0
    RangeError: matmul: expected m to be a whole number of at least 1, got 1.5
    RangeError: matmul: expected only the sizes m, n, k, got l
    RangeError: attention-prefill: expected heads to be a multiple of kv_heads (2), got 3
    RangeError: attention-decode: expected context to be a whole number of at least 1, got 0
    RangeError: attention: expected head_dim to be at most 512, got 1024
    RangeError: rotary: expected head_dim to be even, got 5
    RangeError: decoder-layer: expected prefill_tokens or decode_sequences to be at least 1, got 0 and 0
    RangeError: decoder-layer: expected decode_context to be at least 1 (a token attends to itself), got 0
    RangeError: decoder-layer: expected prefill_tokens to be a multiple of prefill_sequences (2), got 5
    RangeError: greedy-head: expected vocab to be a whole number of at least 1, got undefined"
  `);
});

it("a layer is only made of variants of its own dtype", () => {
  const choices = { ...defaultChoices("f32"), matmul: [{ shape: { m: 1 }, variant: "matmul/of-another-f16" }] };
  expect(messageOf(() => decoderLayer("f32", choices))).toMatch(
    /^RangeError: decoder-layer\/f32: expected one of matmul\/.+, got matmul\/of-another-f16$/u,
  );
});
