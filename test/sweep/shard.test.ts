import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInShard } from "../../src/sweep/shard.ts";

const address = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("shards", () => {
  it("are disjoint, and together the whole", () => {
    fc.assert(
      fc.property(fc.string().map(address), fc.integer({ min: 1, max: 1000 }), (run, of) => {
        const own = Array.from({ length: of }, (_, i) => i + 1).filter((index) => isInShard(run, { index, of }));
        expect(own).toHaveLength(1);
      }),
    );
  });

  it("have about the same number of runs", () => {
    const runs = Array.from({ length: 8000 }, (_, i) => address(`run ${i}`));
    const sizes = Array.from({ length: 8 }, (_, i) => runs.filter((run) => isInShard(run, { index: i + 1, of: 8 })).length);
    // Binomial: 1,000 ± 5 standard deviations of √(8000 · 1/8 · 7/8).
    for (const size of sizes) expect(Math.abs(size - 1000)).toBeLessThan(5 * 29.6);
  });
});
