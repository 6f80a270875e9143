import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arithmeticRate,
  bandwidth,
  change,
  count,
  duration,
  durationOrNever,
  limit,
  list,
  mean,
  objectiveName,
  percent,
  plain,
  quantity,
  significant,
  size,
  tokenRate,
} from "../src/format.ts";
import { runs } from "./runs.ts";

describe("a measured time has three digits and the unit that fits", () => {
  it.each([
    [0, "0 s"],
    [3.2e-8, "32.0 ns"],
    [9.996e-7, "1.00 µs"],
    [0.000999, "999 µs"],
    [0.0009996, "1.00 ms"],
    [0.412, "412 ms"],
    [0.99951, "1.00 s"],
    [2, "2.00 s"],
    [119, "119 s"],
    [120, "2.00 min"],
    [7199, "120 min"],
    [7200, "2.00 h"],
    [360_000, "100 h"],
  ])("%d s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe("a time someone chose has no digits of its own", () => {
  it.each([
    [2, "2 s"],
    [0.1, "100 ms"],
    [1.5, "1.5 s"],
    [90, "90 s"],
    [300, "5 min"],
    [280, "280 s"],
    [150, "2.5 min"],
    [198_060, "55.02 h"],
  ])("%d s is %s", (seconds, text) => expect(limit(seconds)).toBe(text));
});

it("a percentile that requests never reach is never", () => {
  expect(durationOrNever(null)).toBe("never");
  expect(durationOrNever(0.25)).toBe("250 ms");
});

describe("significant digits", () => {
  it.each([
    [0, "0"],
    [1234.5, "1,230"],
    [0.01234, "0.0123"],
    [-1234.5, "-1,230"],
    [9.999, "10.0"],
    [99.96, "100"],
    [1_000_000, "1,000,000"],
    [Number.POSITIVE_INFINITY, "–"],
  ])("%d is %s", (value, text) => expect(significant(value)).toBe(text));

  it("reads back to within half a unit of the last digit", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (value) => {
        const back = Number(significant(value).replaceAll(",", ""));
        expect(Math.abs(back - value)).toBeLessThanOrEqual(0.00501 * value);
      }),
      runs(200),
    );
  });
});

describe("sizes keep the unit they were chosen in", () => {
  it.each([
    [4, "4 B"],
    [4096, "4 KiB"],
    [1.5 * 2 ** 30, "1.5 GiB"],
    [2 ** 40, "1 TiB"],
    [16_060_522_496, "16.1 GB"],
    [2 ** 32 - 4, "4.29 GB"],
    [1_000_000, "1.00 MB"],
  ])("%d bytes are %s", (bytes, text) => expect(size(bytes)).toBe(text));
});

it.each([
  [bandwidth(3.35e12), "3.35 TB/s"],
  [bandwidth(0), "0 B/s"],
  [arithmeticRate(9.996e11), "1.00 TFLOP/s"],
  [tokenRate(1234.5), "1,230 tokens/s"],
  [percent(0.423), "42 %"],
  [percent(0.0042), "0.4 %"],
  [percent(0.0996), "10 %"],
  [percent(0), "0 %"],
  [percent(0.0004), "<0.1 %"],
  [change(-0.0004), "0 %"],
  [percent(12.3), "1,230 %"],
  [change(0.12), "+12 %"],
  [change(-0.031), "−3.1 %"],
  [count(12_345), "12,345"],
  [mean(17.3333), "17.3"],
  [mean(6), "6"],
  [mean(123.4), "123"],
  [plain(0.1 + 0.2), "0.3"],
  [quantity(1, "replica"), "1 replica"],
  [quantity(6, "replica"), "6 replicas"],
  [list(["a", "b", "c"]), "a, b and c"],
  [list(["a"]), "a"],
  [list([]), ""],
  [objectiveName("ttft.p99<=2s"), "TTFT p99"],
  [objectiveName("scale-events<=2/h"), "scale-events<=2/h"],
])("%s", (got, expected) => expect(got).toBe(expected));
