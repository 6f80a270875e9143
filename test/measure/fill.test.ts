import { describe, expect, it } from "vitest";
import { fillValues } from "../../harness/measure/fill.ts";
import { fromHalf, toHalf } from "../../kernels/half.ts";
import type { BufferSpec } from "../../kernels/kernel.ts";

const spec = (overrides: Partial<BufferSpec> = {}): BufferSpec => ({
  name: "a",
  role: "input",
  type: "f32",
  length: 4096,
  fill: { kind: "random", scale: 0.5 },
  ...overrides,
});

describe("random buffers", () => {
  it("depend on the seed and the name alone", () => {
    expect(fillValues(spec(), 1)).toEqual(fillValues(spec(), 1));
    expect(fillValues(spec({ length: 10 }), 1)).toEqual(fillValues(spec(), 1).subarray(0, 10));
    expect(fillValues(spec(), 2)).not.toEqual(fillValues(spec(), 1));
    expect(fillValues(spec({ name: "b" }), 1)).not.toEqual(fillValues(spec(), 1));
  });

  it("spread evenly over their range, and hold no zero and nothing subnormal", () => {
    const values = fillValues(spec(), 1);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    // Five standard errors of 4,096 uniform draws from [−½, ½).
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 12 / 4096));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt((1 / 80 - 1 / 144) / 4096));
    expect(values.every((x) => Math.abs(x) <= 0.5 && Math.abs(x) >= 2 ** -14)).toBe(true);
  });

  it("hold what a buffer of their type can hold", () => {
    expect(fillValues(spec(), 1).every((x) => Math.fround(x) === x)).toBe(true);
    expect(fillValues(spec({ type: "f16" }), 1).every((x) => fromHalf(toHalf(x)) === x)).toBe(true);
  });
});

it("random words are whole and use all 32 bits", () => {
  const words = fillValues(spec({ type: "u32", fill: { kind: "bits" } }), 1);
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
  for (let bit = 0; bit < 32; bit++) {
    const set = words.filter((word) => Math.floor(word / 2 ** bit) % 2 === 1).length;
    // Five standard errors of 4,096 fair coins.
    expect(Math.abs(set - 2048)).toBeLessThan(5 * 32);
  }
});

describe("given buffers", () => {
  it("hold real numbers rounded to the buffer's type", () => {
    const values = Float64Array.of(1 / 3, 2);
    expect([...fillValues(spec({ length: 2, fill: { kind: "values", values } }), 1)]).toEqual([Math.fround(1 / 3), 2]);
    expect([...fillValues(spec({ length: 2, type: "f16", fill: { kind: "values", values } }), 1)]).toEqual([fromHalf(toHalf(1 / 3)), 2]);
  });

  it("hold indices as they are", () => {
    expect([
      ...fillValues(spec({ length: 2, type: "u32", fill: { kind: "indices", values: Uint32Array.of(7, 4_000_000_000) } }), 1),
    ]).toEqual([7, 4_000_000_000]);
  });
});
