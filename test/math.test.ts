import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exp, ln, pow } from "../src/math.ts";
import { runs } from "./runs.ts";

const view = new DataView(new ArrayBuffer(8));
const bits = (x: number): bigint => {
  view.setFloat64(0, x);
  return view.getBigInt64(0);
};
const hex = (x: number): string => BigInt.asUintN(64, bits(x)).toString(16).padStart(16, "0");

/** Doubles between two results of one sign; 0 if they are the same. */
const ulps = (a: number, b: number): number => {
  if (Object.is(a, b)) return 0;
  const distance = Number(bits(a) - bits(b));
  return Math.abs(distance);
};

/** Positive doubles of every magnitude alike, subnormal ones too. */
const positive = fc.bigInt({ min: 1n, max: 0x7fefffffffffffffn }).map((pattern) => {
  view.setBigInt64(0, pattern);
  return view.getFloat64(0);
});

// Math.* is itself within 1 ULP of the truth, so ours may be one further from it than its own bound.
describe("portable functions are close to the engine's", () => {
  it("ln, over all positive doubles and near 1", () => {
    fc.assert(
      fc.property(fc.oneof(positive, fc.double({ min: 0.5, max: 2, noNaN: true })), (x) => {
        expect(ulps(ln(x), Math.log(x))).toBeLessThanOrEqual(2);
      }),
      runs(10_000),
    );
  });

  it("exp, from 0 to infinity", () => {
    fc.assert(
      fc.property(fc.double({ min: -746, max: 710, noNaN: true }), (x) => {
        expect(ulps(exp(x), Math.exp(x))).toBeLessThanOrEqual(2);
      }),
      runs(5000),
    );
  });

  it("pow, over all positive bases and results of every magnitude", () => {
    fc.assert(
      fc.property(positive, fc.double({ min: -745, max: 709.7, noNaN: true }), (x, logarithm) => {
        const y = logarithm / Math.log(x);
        fc.pre(Number.isFinite(y));
        expect(ulps(pow(x, y), Math.pow(x, y))).toBeLessThanOrEqual(3);
      }),
      runs(5000),
    );
  });

  it("pow of whole numbers is within 1 ULP of the exact power", () => {
    const found = [];
    for (let base = 2; base <= 12; base += 1) {
      for (let exponent = 1; base ** exponent < 2 ** 53; exponent += 1) found.push(ulps(pow(base, exponent), base ** exponent));
    }
    expect(Math.max(...found)).toBeLessThanOrEqual(1);
  });
});

describe("portable functions at the edges", () => {
  const special = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, Infinity, -Infinity, NaN, 1e300, -1e300, 5e-324, 2 ** 53 + 2];

  it.each(special)("ln(%f) and exp(%f)", (x) => {
    expect(ulps(ln(x), Math.log(x))).toBeLessThanOrEqual(1);
    expect(ulps(exp(x), Math.exp(x))).toBeLessThanOrEqual(1);
  });

  it.each(special)("pow(%f, y) for every special y", (x) => {
    for (const y of special) expect(`${y}: ${ulps(pow(x, y), Math.pow(x, y)) <= 1}`).toBe(`${y}: true`);
  });

  it.each([
    [709.782712893384, false],
    [709.7827128933841, true],
  ])("exp(%f) overflows: %s", (x, overflows) => {
    expect(exp(x) === Infinity).toBe(overflows);
  });

  it.each([
    [-745.1332191019411, false],
    [-745.1332191019412, true],
  ])("exp(%f) underflows: %s", (x, underflows) => {
    expect(exp(x) === 0).toBe(underflows);
  });
});

// Bits, not digits: every engine must give these.
it("law: the bits of ln, exp and pow never change", () => {
  const points = [0.1, 0.7, 1.3, 2, 10, 123.456, 700];
  expect(points.map((x) => [x, hex(ln(x)), hex(exp(x)), hex(pow(x, 0.3)), hex(pow(1.0001, x * 1000))].join(" "))).toMatchInlineSnapshot(`
    [
      "0.1 c0026bb1bbb55515 3ff1aec7b35a00d4 3fe009b9cf334253 3ff02929d5a06561",
      "0.7 bfd6d3c324e13f50 40001c2a61268987 3fecc0b43ba5c3da 3ff128fa671ecfdc",
      "1.3 3fd0ca937be1b9dc 400d5ab83615f8b4 3ff14f6ba004e4ff 3ff2389c5975bef1",
      "2 3fe62e42fefa39ef 401d8e64b8d4ddae 3ff3b2c47bff8329 3ff38ad0cfe73c69",
      "10 40026bb1bbb55516 40d5829dcf950560 3fffec982d5bb8af 4005bec34aabbfd3",
      "123.456 401343774f3e2362 4b11428e1cbc0143 4010f6a34ca35c59 410c0d614e5ef2d2",
      "700 401a344e6741ebab 7f0d945df4f8ec8e 401c8c84d049829a 463fa36cc95fdb74",
    ]
  `);
});
