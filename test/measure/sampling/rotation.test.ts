import { describe, expect, it } from "vitest";
import { rotationOrNull, withoutCopies } from "../../../harness/measure/sampling/rotation.ts";
import { variantById } from "../../../kernels/index.ts";

const MIB = 2 ** 20;
/** Weights of n·k f32. */
const matmul = (n: number, k: number) => variantById("matmul/tiled-64x64x16-4x4-f32").run({ m: 3, n, k });

describe("copies that cold runs rotate among", () => {
  it.each([
    ["as many as exceed the cache", matmul(1024, 1024), { copies: 16, bytes: 64 * MIB, exceedsCache: true }],
    ["two of what exceeds it alone", matmul(8192, 4096), { copies: 2, bytes: 256 * MIB, exceedsCache: true }],
    ["no more than are worth having", matmul(4, 4), { copies: 1024, bytes: 1024 * 64, exceedsCache: false }],
  ])("%s", (_, run, rotation) => {
    expect(rotationOrNull(run, 64 * MIB)).toEqual(rotation);
  });

  it("hold keys and values, and not the queries", () => {
    const shape = { heads: 4, kv_heads: 2, head_dim: 64, sequences: 2, context: 512 };
    const cache = 2 * 512 * 2 * 64 * 4;
    expect(rotationOrNull(variantById("attention-decode/direct-f32").run(shape), 64 * MIB)?.bytes).toBe(64 * 2 * cache);
  });

  it("are none of a kernel that has neither weights nor a cache", () => {
    expect(rotationOrNull(variantById("residual-add/f32").run({ length: 1000 }), 64 * MIB)).toBeNull();
  });

  it("are one where there is no room, and the cache has to be flushed", () => {
    expect(withoutCopies({ copies: 16, bytes: 64 * MIB, exceedsCache: true })).toEqual({ copies: 1, bytes: 4 * MIB, exceedsCache: false });
  });
});
