import { describe, expect, it } from "vitest";
import { createStreams } from "../../src/sim/streams.ts";
import { excessNoise } from "../../src/stats/excess-noise.ts";

const stream = createStreams(11).named("deviations");
/** Values of a normal with this noise, each seen with an error of its own. */
const deviations = (count: number, noise: number, error: number) =>
  Array.from({ length: count }, () => ({ size: Math.abs(noise * stream.normal() + error * stream.normal()), error }));

describe("noise beyond what errors explain", () => {
  it.each([0.01, 0.05, 0.2])("is found where errors are small: %f", (noise) => {
    expect(excessNoise(deviations(4000, noise, noise / 20))).toBeCloseTo(noise, 2);
  });

  it("is found beside errors of its own size", () => {
    const found = excessNoise(deviations(4000, 0.05, 0.05));
    expect(found).toBeGreaterThan(0.045);
    expect(found).toBeLessThan(0.055);
  });

  it("is none where the errors explain all", () => {
    expect(excessNoise(deviations(400, 0, 0.05).map(({ size, error }) => ({ size, error: 1.2 * error })))).toBe(0);
  });

  it("is not that of the twentieth of the values that really changed", () => {
    const some = deviations(400, 0.02, 0.005);
    const withChanges = some.map((deviation, i) => (i % 20 === 0 ? { ...deviation, size: 3 } : deviation));
    expect(excessNoise(withChanges)).toBeLessThan(1.5 * excessNoise(some));
  });

  it("has to be asked of something", () => {
    expect(() => excessNoise([])).toThrowErrorMatchingInlineSnapshot(`[RangeError: expected at least one deviation, got none]`);
  });
});
