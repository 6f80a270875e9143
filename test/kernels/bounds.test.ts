import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attend } from "../../kernels/attention/reference.ts";
import type { Expectation } from "../../kernels/bounds.ts";
import { fromHalf, toHalf } from "../../kernels/half.ts";
import type { Dtype } from "../../kernels/kernel.ts";
import { normalise } from "../../kernels/layer/rms-norm.ts";
import { gate } from "../../kernels/layer/swiglu.ts";
import { UNITS, unitTerms } from "../../kernels/matmul/matrix-units.ts";
import { linear } from "../../kernels/matmul/problem.ts";
import { runs } from "../runs.ts";

/*
 * The law of a bound: f32 arithmetic, whatever its order, stays inside; one that leaves a term out does not. Here the arithmetic
 * is JavaScript's, rounded to f32 after every operation.
 */

const f32 = Math.fround;
const stored = (dtype: Dtype, value: number): number => (dtype === "f16" ? fromHalf(toHalf(value)) : value);
const values = (length: number): fc.Arbitrary<Float64Array> =>
  fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: length, maxLength: length }).map((list) =>
    // Numbers that are normal in f16 too, as the harness fills buffers.
    Float64Array.from(list, (value) => fromHalf(toHalf(Math.abs(value) < 2 ** -14 ? 2 ** -14 : value))),
  );
const dtypes = fc.constantFrom<Dtype>("f32", "f16");

const expectWithin = (got: ArrayLike<number>, { expected, bound }: Expectation): void => {
  for (let i = 0; i < expected.length; i++) expect(Math.abs(got[i]! - expected[i]!)).toBeLessThanOrEqual(bound[i]!);
};

/** Attention of one head of one token over a cache whose blocks lie in order. */
const attendOne = (dtype: Dtype, head_dim: number, context: number, tensors: Parameters<typeof attend>[4]): Expectation => {
  const blocks = Math.ceil(context / 16);
  const table = { blocks, stride: blocks, entries: Uint32Array.from({ length: blocks }, (_, block) => block) };
  return attend(dtype, { heads: 1, kv_heads: 1, head_dim }, { tokens: [1], lengths: [context] }, table, tensors);
};

/** Sums in `lanes` interleaved partial sums first, as threads do. */
const sumInLanes = (terms: readonly number[], lanes: number): number => {
  const partial = Array.from({ length: lanes }, () => 0);
  terms.forEach((term, i) => (partial[i % lanes] = f32(partial[i % lanes]! + term)));
  return partial.reduce((a, b) => f32(a + b), 0);
};

const dot = (a: Float64Array, b: Float64Array, lanes: number): number =>
  sumInLanes(
    [...a].map((x, i) => f32(x * b[i]!)),
    lanes,
  );

const vectors = fc.integer({ min: 1, max: 96 }).chain((k) => fc.tuple(values(k), values(k)));

describe("f32 arithmetic stays inside the bound", () => {
  it("of a matmul, in any number of partial sums", () => {
    fc.assert(
      fc.property(dtypes, vectors, fc.integer({ min: 1, max: 64 }), (dtype, [a, w], lanes) => {
        expectWithin([stored(dtype, dot(a, w, lanes))], linear(dtype, { m: 1, n: 1, k: a.length }, a, w));
      }),
      runs(200),
    );
  });

  it("of a matmul on matrix units, which add 16 products and the sum so far with one alignment and cut off the rest", () => {
    /** Without what lies below 24 bits of `largest`. */
    const cutOff = (value: number, largest: number): number => {
      const unit = 2 ** (Math.floor(Math.log2(largest)) - 23);
      return Math.trunc(value / unit) * unit;
    };
    const onUnits = (a: Float64Array, w: Float64Array): number => {
      let sum = 0;
      for (let first = 0; first < a.length; first += 16) {
        const terms = [sum, ...a.subarray(first, first + 16).map((value, i) => value * w[first + i]!)];
        const largest = terms.reduce((most, term) => Math.max(most, Math.abs(term)), 0);
        const exact = terms.reduce((total, term) => total + cutOff(term, largest), 0);
        sum = exact === 0 ? 0 : cutOff(exact, Math.abs(exact));
      }
      return sum;
    };
    fc.assert(
      fc.property(vectors, ([a, w]) => {
        expectWithin([onUnits(a, w)], linear("f32", { m: 1, n: 1, k: a.length }, a, w, { terms: unitTerms(UNITS)(a.length) }));
      }),
      runs(200),
    );
    expect([1, 16, 17, 4096].map(unitTerms(UNITS))).toEqual([2, 17, 19, 4352]);
  });

  it("of a norm", () => {
    fc.assert(
      fc.property(dtypes, vectors, fc.integer({ min: 1, max: 64 }), (dtype, [x, weight], lanes) => {
        const mean = f32(f32(dot(x, x, lanes) / x.length) + f32(1e-5));
        const factor = f32(1 / Math.sqrt(mean));
        const got = [...x].map((value, i) => stored(dtype, f32(f32(value * factor) * weight[i]!)));
        expectWithin(got, normalise(dtype, { tokens: 1, hidden: x.length }, x, weight));
      }),
      runs(200),
    );
  });

  it("of SwiGLU", () => {
    fc.assert(
      fc.property(dtypes, vectors, (dtype, [g, up]) => {
        const got = [...g].map((value, i) => {
          const small = f32(Math.exp(-Math.abs(value)));
          const sigmoid = f32((value >= 0 ? 1 : small) / f32(1 + small));
          return stored(dtype, f32(f32(value * sigmoid) * up[i]!));
        });
        expectWithin(got, gate(dtype, { tokens: 1, intermediate: g.length }, Float64Array.of(...g, ...up)));
      }),
      runs(200),
    );
  });

  it("of attention with an online softmax over tiles of any length", () => {
    const problem = fc
      .record({ headDim: fc.integer({ min: 1, max: 16 }), context: fc.integer({ min: 1, max: 40 }) })
      .chain(({ headDim, context }) => fc.tuple(values(headDim), values(headDim * context), values(headDim * context)));
    fc.assert(
      fc.property(dtypes, problem, fc.integer({ min: 1, max: 9 }), (dtype, [query, keys, cached], tile) => {
        const headDim = query.length;
        const context = keys.length / headDim;
        const scale = f32(1 / Math.sqrt(headDim));
        const scaled = query.map((q) => f32(q * scale));
        let maximum = -1e30;
        let total = 0;
        let sums = new Float64Array(headDim);
        for (let first = 0; first < context; first += tile) {
          const scores = [];
          for (let key = first; key < Math.min(first + tile, context); key++)
            scores.push(dot(scaled, keys.subarray(key * headDim, (key + 1) * headDim), 4));
          const before = maximum;
          maximum = Math.max(maximum, ...scores);
          const factor = f32(Math.exp(f32(before - maximum)));
          total = f32(total * factor);
          sums = sums.map((sum) => f32(sum * factor));
          scores.forEach((score, i) => {
            const weight = f32(Math.exp(f32(score - maximum)));
            total = f32(total + weight);
            sums = sums.map((sum, d) => f32(sum + f32(weight * cached[(first + i) * headDim + d]!)));
          });
        }
        const got = sums.map((sum) => stored(dtype, f32(sum / total)));
        expectWithin(got, attendOne(dtype, headDim, context, { queries: query, keys, values: cached }));
      }),
      runs(100),
    );
  });
});

describe("what is not rounding falls outside", () => {
  const ones = (length: number) => new Float64Array(length).fill(1);

  it.each([1, 2, 64, 1000])("a matmul of %i terms that leaves one out", (k) => {
    const { expected, bound } = linear("f32", { m: 1, n: 1, k }, ones(k), ones(k));
    expect(Math.abs(k - 1 - expected[0]!)).toBeGreaterThan(bound[0]!);
  });

  it("a matmul that sums in f16", () => {
    const a = Float64Array.from({ length: 64 }, (_, i) => fromHalf(toHalf(1 / (i + 3))));
    const sum = a.reduce((total, value) => stored("f16", total + value), 0);
    const { expected, bound } = linear("f32", { m: 1, n: 1, k: 64 }, a, ones(64));
    expect(Math.abs(sum - expected[0]!)).toBeGreaterThan(bound[0]!);
  });

  it("attention over 257 keys that leaves one out", () => {
    const context = 257;
    const cached = Float64Array.from({ length: context }, (_, i) => (i === 0 ? 4 : 1));
    const { expected, bound } = attendOne("f32", 1, context, { queries: ones(1), keys: ones(context), values: cached });
    expect(Math.abs(1 - expected[0]!)).toBeGreaterThan(bound[0]!);
  });
});
