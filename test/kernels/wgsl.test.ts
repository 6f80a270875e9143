import { describe, expect, it } from "vitest";
import { variantById } from "../../kernels/index.ts";
import type { Shape } from "../../kernels/kernel.ts";
import { gridOf } from "../../kernels/wgsl.ts";

const texts = (id: string, shape: Shape): string[] =>
  variantById(id)
    .run(shape)
    .dispatches.map(({ wgsl }) => wgsl);

describe("one text serves many shapes", () => {
  it.each<[string, Shape, Shape]>([
    ["matmul/tiled-64x64x16-4x4-f32", { m: 1, n: 7, k: 4 }, { m: 640, n: 2048, k: 8192 }],
    ["matmul/registers-4x4-4x16-f16", { m: 1, n: 7, k: 8 }, { m: 640, n: 2048, k: 8192 }],
    ["matmul/matvec-4x64-f32", { m: 5, n: 7, k: 4 }, { m: 8, n: 2048, k: 8192 }],
    [
      "attention-prefill/tiled-16x32-f32",
      { heads: 1, kv_heads: 1, head_dim: 64, chunk: 1, context: 0 },
      { heads: 32, kv_heads: 8, head_dim: 64, chunk: 512, context: 4096 },
    ],
    [
      "attention-decode/split-256-f32",
      { heads: 4, kv_heads: 1, head_dim: 64, sequences: 1, context: 1 },
      { heads: 32, kv_heads: 8, head_dim: 64, sequences: 64, context: 4096 },
    ],
    [
      "rotary/f32",
      { tokens: 1, heads: 1, kv_heads: 1, head_dim: 64, context: 0 },
      { tokens: 9, heads: 8, kv_heads: 2, head_dim: 128, context: 7 },
    ],
    ["copy/vec4", { length: 1 }, { length: 2 ** 28 }],
    ["read/vec4x8", { length: 1 }, { length: 2 ** 28 }],
    ["multiply-add/vec4x8-t256-f32", { threads: 1, steps: 1 }, { threads: 2 ** 20, steps: 1024 }],
    ["matrix-multiply-add/4x4-f16", { tiles: 1, steps: 1 }, { tiles: 8192, steps: 4096 }],
  ])("%s", (id, small, large) => {
    expect(texts(id, small)).toEqual(texts(id, large));
  });
});

describe("another structure is another text", () => {
  it.each<[string, string, Shape, Shape]>([
    ["rows that begin off a multiple of 4", "matmul/tiled-64x64x16-4x4-f32", { m: 1, n: 1, k: 4 }, { m: 1, n: 1, k: 5 }],
    ["more tokens at once", "matmul/matvec-4x64-f32", { m: 1, n: 1, k: 4 }, { m: 2, n: 1, k: 4 }],
    [
      "another head length",
      "attention-prefill/tiled-16x32-f32",
      { heads: 1, kv_heads: 1, head_dim: 64, chunk: 1, context: 0 },
      { heads: 1, kv_heads: 1, head_dim: 128, chunk: 1, context: 0 },
    ],
    [
      "another group of query heads",
      "attention-decode/direct-f32",
      { heads: 4, kv_heads: 1, head_dim: 64, sequences: 1, context: 1 },
      { heads: 4, kv_heads: 4, head_dim: 64, sequences: 1, context: 1 },
    ],
  ])("%s", (_, id, one, other) => {
    expect(texts(id, one)).not.toEqual(texts(id, other));
  });
});

it("a kernel opens with its shapes, its layout and what one workgroup does", () => {
  const [wgsl = ""] = texts("matmul/registers-4x4-4x16-f16", { m: 16, n: 64, k: 64 });
  expect(wgsl.split("\n").slice(0, 12).join("\n")).toMatchInlineSnapshot(`
    "enable f16;

    // C[m×n] = A[m×k] · Wᵀ
    // A: m×k row-major f16 · W: n×k row-major f16 · C: m×n row-major f16 · sums in f32
    // one workgroup per 16×64 tile of C, 4×4 a thread, no workgroup memory

    struct Params { m: u32, n: u32, k: u32 }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read> a: array<vec4<f16>>;
    @group(0) @binding(2) var<storage, read> w: array<vec4<u32>>;
    @group(0) @binding(3) var<storage, read_write> c: array<f16>;
    "
  `);
});

it.each([
  [1, [1, 1, 1]],
  [65_535, [65_535, 1, 1]],
  [65_536, [32_768, 2, 1]],
  [200_000, [50_000, 4, 1]],
])("%i workgroups are a grid of %j", (count, grid) => {
  expect(gridOf(count)).toEqual(grid);
});
