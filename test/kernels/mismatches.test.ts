import { describe, expect, it } from "vitest";
import { mismatches } from "../../kernels/kernel.ts";

const reference = { buffer: "c", expected: Float64Array.of(1, 2, 3), bound: Float64Array.of(0.125, 0.125, 0) };

describe("judging an output", () => {
  it.each([
    ["exact", [1, 2, 3], []],
    ["at the bound", [1.125, 1.875, 3], []],
    ["beyond it", [1.2, 2, 3], [0]],
    ["off where nothing may differ", [1, 2, 3 + 2 ** -40], [2]],
    ["not a number", [1, Number.NaN, 3], [1]],
    ["infinite", [1, 2, Infinity], [2]],
    ["too short", [1, 2], [2]],
    ["two, the worse one first", [1.2, 2.9, 3], [1, 0]],
  ])("%s", (_, got, wrong) => {
    expect(mismatches({ c: got }, [reference]).map(({ index }) => index)).toEqual(wrong);
  });

  it("an output that is missing is a fault of the caller", () => {
    expect(() => mismatches({}, [reference])).toThrow("no output named c");
  });
});
