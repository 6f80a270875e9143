import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { needsOf } from "../../kernels/wgsl.ts";
import { variants, variantsOnUnits } from "../../kernels/index.ts";
import { halfWeightMatmuls, matmuls, q4Matmuls } from "../../kernels/matmul/index.ts";
import { linear, type MatmulSizes, type MatmulVariant } from "../../kernels/matmul/problem.ts";
import { q4Weights } from "../../kernels/matmul/weight-format.ts";
import { fromHalf, toHalf } from "../../kernels/half.ts";
import { fillValues } from "../../harness/measure/fill.ts";
import { runs } from "../runs.ts";

const all: readonly MatmulVariant[] = [...matmuls, ...halfWeightMatmuls, ...q4Matmuls];

const size = (most: number) => fc.integer({ min: 1, max: most });
/** k is a multiple of 32, so that it is one for 4-bit weights as well. */
const shapes: fc.Arbitrary<MatmulSizes> = fc.record({ m: size(4096), n: size(20_000), k: size(512).map((groups) => 32 * groups) });

describe("for every shape", () => {
  it("some variant suits that needs no feature but its dtype's", () => {
    const kinds = new Map(all.map((variant) => [`${variant.family} ${variant.dtype}`, variant]));
    fc.assert(
      fc.property(shapes, (sizes) => {
        for (const { family, dtype } of kinds.values()) {
          const plain = all.filter((variant) => variant.family === family && variant.dtype === dtype);
          const suited = plain.filter(({ needs, suits }) => needs.length === needsOf(dtype).length && suits({ ...sizes }));
          expect(suited).not.toEqual([]);
        }
      }),
      runs(100),
    );
  });

  it("whole tiles are computed, at most one more than were asked for", () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), size(4096), ({ rowsComputed }, m) => {
        const computed = rowsComputed(m);
        expect(computed).toBeGreaterThanOrEqual(m);
        expect(computed - m).toBeLessThan(rowsComputed(1) === 1 ? 16 : 128);
      }),
      runs(500),
    );
  });

  it("the slices of k are in order, none is empty, and together they are all of it", () => {
    const split = all.filter(({ id }) => id.includes("/split-"));
    fc.assert(
      fc.property(fc.constantFrom(...split), shapes, (variant, sizes) => {
        const { dispatches, buffers } = variant.run({ ...sizes });
        if (dispatches.length === 1) return; // one slice: the whole, without partial sums
        const [first, second] = dispatches;
        const { m, n, k } = sizes;
        const slices = first!.workgroups[2];
        const perBlock = variant.family === "matmul" && variant.dtype === "f32" ? 4 : 8;
        const length = first!.params![3]! * perBlock;
        expect(length * slices).toBeGreaterThanOrEqual(k);
        expect(length * (slices - 1)).toBeLessThan(k);
        expect(second!.params).toEqual([m * n, slices]);
        expect(buffers.find(({ name }) => name === "c_partials")?.length).toBe(slices * m * n);
      }),
      runs(300),
    );
  });
});

describe("4-bit weights", () => {
  it("worked by hand: a word's lowest four bits come first, and 8 is zero", () => {
    // One row of two groups: q = 0 … 7 in the first word, 8 … 15 in the second, then all 9; scales 0.5 and −2.
    const words = Float64Array.of(0x76543210, 0xfedcba98, 0x99999999, 0x99999999, 0x88888888, 0x88888888, 0x88888888, 0x8888888f);
    const weights = q4Weights.weights([words, Float64Array.of(0.5, -2)], { n: 1, k: 64 });
    expect([...weights.subarray(0, 18)]).toEqual([-4, -3.5, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 0.5, 0.5]);
    expect([...weights.subarray(32, 56)].every((weight) => weight === 0)).toBe(true);
    expect([...weights.subarray(55, 58)]).toEqual([-0, -14, -0]);
  });

  it("rows follow one another, each with its own scales", () => {
    const words = Float64Array.from({ length: 12 }, () => 0x99999999);
    const weights = q4Weights.weights([words, Float64Array.of(1, 2, 3)], { n: 3, k: 32 });
    expect([0, 31, 32, 63, 64, 95].map((i) => weights[i])).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it("filled at random, have the variance that gives outputs of unit variance", () => {
    const [n, k] = [64, 512];
    const values = q4Weights.buffers("w", n, k).map((buffer) => fillValues(buffer, 1));
    const weights = q4Weights.weights(values, { n, k });
    const variance = weights.reduce((sum, weight) => sum + weight * weight, 0) / weights.length;
    // 1,024 scales, squared uniform: relative standard error √(4/5)/√1024 = 2.8 %; the integers add little.
    expect(Math.abs(variance * k - 1)).toBeLessThan(5 * 0.03);
  });

  it("k is a whole number of groups", () => {
    expect(() => q4Matmuls[0]!.run({ m: 1, n: 1, k: 48 })).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: matmul-q4: expected k to be a multiple of 32, got 48]`,
    );
  });
});

it("weights rounded to f16 stay inside the bound that grants it, and not always inside the one that does not", () => {
  const values = fc
    .array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 32, maxLength: 32 })
    .map((list) => Float64Array.from(list, Math.fround));
  let outside = 0;
  fc.assert(
    fc.property(values, values, (a, w) => {
      const sizes = { m: 1, n: 1, k: 32 };
      let got = 0;
      w.forEach((weight, i) => (got = Math.fround(got + Math.fround(a[i]! * fromHalf(toHalf(weight))))));
      const { expected, bound } = linear("f32", sizes, a, w, { roundsWeights: true });
      expect(Math.abs(got - expected[0]!)).toBeLessThanOrEqual(bound[0]!);
      if (Math.abs(got - expected[0]!) > linear("f32", sizes, a, w).bound[0]!) outside++;
    }),
    runs(200),
  );
  expect(outside).toBeGreaterThan(0);
});

describe("on matrix units of another size", () => {
  const others = variantsOnUnits({ side: 8, subgroup: 16 });

  it("are the same variants as on a GPU's", () => {
    const usual = variants.filter(({ matrix }) => matrix !== undefined);
    expect(new Set(others.map(({ id }) => id))).toEqual(new Set(usual.map(({ id }) => id)));
    for (const { matrix } of others) expect(matrix).toMatchObject({ m: 8, n: 8, k: 8, subgroup: 16 });
  });

  it.each(others.map((variant) => [variant.id, variant] as const))("%s is written for those alone", (_, { run, verificationShapes }) => {
    for (const { wgsl } of verificationShapes.flatMap((shape) => run(shape).dispatches)) {
      const matrices = [...wgsl.matchAll(/subgroup_matrix_(?:left|right|result)<f(?:16|32), (\d+), (\d+)>/gu)];
      expect(new Set(matrices.flatMap(([, columns, rows]) => [columns, rows]))).toEqual(new Set(["8"]));
      expect(Number(/@workgroup_size\((\d+)\)/u.exec(wgsl)?.[1]) % 16).toBe(0);
    }
  });
});
