import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { variantById } from "../../kernels/index.ts";
import { chosenFor, chosenIds, defaultChoices } from "../../kernels/layer/choices.ts";
import { runs } from "../runs.ts";

describe("a choice of a variant", () => {
  const choices = [
    { shape: { m: 1 }, variant: "one" },
    { shape: { m: 16 }, variant: "sixteen" },
    { shape: { m: 256 }, variant: "many" },
  ];

  it.each([
    [1, "one"],
    [3, "one"],
    [5, "sixteen"],
    [16, "sixteen"],
    [60, "sixteen"],
    [70, "many"],
    [100_000, "many"],
  ])("for %i tokens is that of the nearest count, as ratios go: %s", (m, variant) => {
    expect(chosenFor(choices, { m, n: 64, k: 64 })).toBe(variant);
  });

  it("looks at the sizes that it was made by, and at no others", () => {
    expect(chosenFor([{ shape: {}, variant: "any" }], { chunk: 5, context: 0 })).toBe("any");
    const byBoth = [
      { shape: { sequences: 1, context: 4096 }, variant: "long" },
      { shape: { sequences: 64, context: 0 }, variant: "wide" },
    ];
    expect(chosenFor(byBoth, { sequences: 2, context: 2000, heads: 8 })).toBe("long");
    expect(chosenFor(byBoth, { sequences: 64, context: 1, heads: 8 })).toBe("wide");
  });

  it("is always the one made at the very shape", () => {
    const sizes = fc.record({ m: fc.integer({ min: 1, max: 4096 }), n: fc.integer({ min: 1, max: 4096 }) });
    fc.assert(
      fc.property(fc.uniqueArray(sizes, { minLength: 1, maxLength: 8, selector: ({ m, n }) => `${m} ${n}` }), (shapes) => {
        const made = shapes.map((shape, i) => ({ shape, variant: String(i) }));
        for (const { shape, variant } of made) expect(chosenFor(made, shape)).toBe(variant);
      }),
      runs(200),
    );
  });

  it("has to be made", () => {
    expect(() => chosenFor([], { m: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: expected at least one choice of a variant, got none]`,
    );
  });

  it.each(["f32", "f16"] as const)("by default needs no feature that a device may lack, %s apart", (dtype) => {
    for (const id of chosenIds(defaultChoices(dtype))) {
      expect(variantById(id).needs.filter((need) => need !== "shader-f16")).toEqual([]);
    }
  });
});
