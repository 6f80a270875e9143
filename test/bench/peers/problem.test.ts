import { describe, expect, it } from "vitest";
import { judgeFor } from "../../../bench/peers/page/judge.ts";
import {
  byHead,
  byToken,
  causalMask,
  inputsOf,
  keysTransposed,
  problemOf,
  queriesByHead,
  transposed,
  type AttentionProblem,
} from "../../../bench/peers/page/problem.ts";
import { fromHalf, toHalf } from "../../../kernels/half.ts";
import { variantById } from "../../../kernels/index.ts";

const DECODE = "attention-decode/direct-f32";
const PREFILL = "attention-prefill/tiled-16x32-f32";
const MATMUL = "matmul/registers-4x4-4x16-f32";
const half = (value: number): number => fromHalf(toHalf(value));
const heads = { heads: 4, kv_heads: 2, head_dim: 3 };

const attention = (variant: string, family: "attention-decode" | "attention-prefill", shape: Record<string, number>) => {
  const inputs = inputsOf(variant, shape);
  return { inputs, problem: problemOf(family, shape, inputs) as AttentionProblem };
};

/** Attention as a library computes it from the peers' layouts: products over groups, mask, softmax, products. */
const attend = (problem: AttentionProblem): Float32Array => {
  const { sequences, rows, length, heads: count, kvHeads, headDim } = problem;
  const [queries, keys, values] = [queriesByHead(problem), keysTransposed(problem), byHead(problem, problem.values)];
  const mask = problem.family === "attention-prefill" ? causalMask(problem) : null;
  const groupRows = (count / kvHeads) * rows;
  const result = new Float32Array(queries.length);
  for (let batch = 0; batch < sequences * kvHeads; batch++) {
    for (let row = 0; row < groupRows; row++) {
      const query = (batch * groupRows + row) * headDim;
      const scores = Array.from({ length }, (_, key) => {
        let sum = 0;
        for (let d = 0; d < headDim; d++) sum += queries[query + d]! * keys[(batch * headDim + d) * length + key]!;
        return sum / Math.sqrt(headDim) + (mask?.[row * length + key] ?? 0);
      });
      const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let d = 0; d < headDim; d++) {
        result[query + d] = weights.reduce((sum, weight, key) => sum + (weight / total) * values[(batch * length + key) * headDim + d]!, 0);
      }
    }
  }
  return byToken(problem, result);
};

describe("the peers' layouts", () => {
  it("a matrix transposed in blocks", () => {
    const [rows, columns] = [33, 70];
    const matrix = Float32Array.from({ length: rows * columns }, (_, i) => i);
    const result = transposed(matrix, rows, columns);
    expect([result[0], result[rows], result[5 * rows + 32]]).toEqual([0, 1, 32 * columns + 5]);
    expect(transposed(result, columns, rows)).toEqual(matrix);
  });

  it.each([
    ["attention-decode", DECODE, { ...heads, sequences: 3, context: 5 }],
    ["attention-prefill", PREFILL, { ...heads, chunk: 6, context: 0 }],
    ["attention-prefill", PREFILL, { ...heads, chunk: 4, context: 3 }],
  ] as const)("%s computed in them is what Ballast's reference says", (family, variant, shape) => {
    const { inputs, problem } = attention(variant, family, shape);
    const judge = judgeFor(family, variant, shape, inputs);
    expect(judge.deviation(attend(problem)).of_bound).toBeLessThan(1);
    expect(judge.deviation(attend(problem).reverse()).of_bound).toBeGreaterThan(1);
  });
});

describe("the judge of a matmul", () => {
  const shape = { m: 5, n: 7, k: 9 };
  const inputs = inputsOf(MATMUL, shape);
  const judge = judgeFor("matmul", MATMUL, shape, inputs);
  const { expected } = variantById(MATMUL).run(shape).reference(inputs, {})[0]!;
  const changed = (index: number, value: number) => expected.map((old, i) => (i === index ? value : old));

  it("finds nothing in the reference itself, and compares all of a small one", () => {
    expect(judge.compared).toBe(35);
    expect(judge.deviation(expected)).toEqual({ of_magnitudes: 0, of_bound: 0 });
  });

  it.each([
    ["off by as much as the product is large", (old: number) => 2 * old + 1],
    ["not a number", () => Number.NaN],
    ["infinite", () => Infinity],
  ])("finds an element that is %s", (_, to) => {
    const index = 17;
    expect(judge.deviation(changed(index, to(expected[index]!))).of_bound).toBeGreaterThan(2);
  });

  it("has a second limit: matrices rounded to f16 exceed it where the bound allows them, sums in f32 do not", () => {
    const long = { m: 1, n: 64, k: 8192 };
    const given = inputsOf(MATMUL, long);
    const longJudge = judgeFor("matmul", MATMUL, long, given);
    const inHalf = variantById(MATMUL)
      .run(long)
      .reference({ a: given["a"]!.map(half), w: given["w"]!.map(half) }, {})[0]!.expected;
    expect(longJudge.deviation(inHalf).of_bound).toBeLessThan(2);
    expect(longJudge.deviation(inHalf).of_magnitudes).toBeGreaterThan(longJudge.likely);
    const inSingle = Float64Array.from({ length: long.n }, (_, column) =>
      given["a"]!.reduce((sum, x, i) => Math.fround(sum + Math.fround(x * given["w"]![column * long.k + i]!)), 0),
    );
    expect(longJudge.deviation(inSingle).of_magnitudes).toBeLessThan(longJudge.likely / 2);
  });

  it("a result that is too short is wrong", () => {
    expect(judge.deviation(expected.subarray(0, 34)).of_bound).toBe(Infinity);
  });

  it("samples rows of a large one, its first and its last among them", () => {
    const large = { m: 40, n: 2048, k: 4096 };
    const given = inputsOf(MATMUL, large);
    const sampled = judgeFor("matmul", MATMUL, large, given);
    expect(sampled.compared).toBe(11 * 2048);
    const { expected: right } = variantById(MATMUL).run(large).reference(given, {})[0]!;
    expect(sampled.deviation(right).of_magnitudes).toBe(0);
    for (const row of [0, large.m - 1]) {
      const spoilt = right.slice();
      spoilt[row * large.n + 5]! += 1;
      expect(sampled.deviation(spoilt).of_bound).toBeGreaterThan(2);
    }
  });
});
