import { describe, expect, it } from "vitest";
import { failedRows, parseFailOn } from "../../src/compare/fail-on.ts";
import type { Comparison, Row } from "../../src/compare/schema.ts";
import { messageOf } from "../message-of.ts";

const row = (id: string, verdict: Row["verdict"], low: number): Row => ({
  id,
  family: "matmul, cold",
  base_s: 1,
  other_s: low + 0.02,
  ratio: { estimate: low + 0.02, low, high: low + 0.04 },
  samples: [10, 10],
  sampling: "in-turns",
  verdict,
  reason: verdict === "UNSURE" ? "noise" : null,
  p: 0.001,
});

const comparison = (...rows: Row[]): Comparison => ({
  schema: "ballast.comparison/1",
  model: "tiny-llama",
  scenario: null,
  devices: [],
  caveats: [],
  figures: [],
  pairs: [{ base: "A", other: "B", threshold: 0.02, margins: [], families: [], rows, only_base: [], only_other: [] }],
});

describe("what is to fail", () => {
  it.each([
    ["slower=5%", 0.05],
    [" slower = 2.5 % ", 0.025],
    ["slower=0%", 0],
  ])("is read from %j", (text, slower) => {
    expect(parseFailOn(text, "--fail-on").slower).toBeCloseTo(slower, 12);
  });

  it.each(["slower", "slower=5", "slower=-5%", "slower=five%", "faster=5%", "unsure", ""])("is not %j", (text) => {
    expect(messageOf(() => parseFailOn(text, "--fail-on"))).toBe(
      `InputError: --fail-on: expected slower=<percent>%, got ${JSON.stringify(text)}. Write it so: slower=5%.`,
    );
  });

  it("are rows that are SLOWER with their whole interval beyond it, the worst first", () => {
    const rows = [
      row("a bit", "SLOWER", 1.04),
      row("at the limit", "SLOWER", 1.05),
      row("beyond", "SLOWER", 1.051),
      row("far beyond", "SLOWER", 1.5),
      row("unsure", "UNSURE", 1.5),
      row("faster", "FASTER", 0.5),
    ];
    expect(failedRows(comparison(...rows), { slower: 0.05 }).map(({ id, other }) => [other, id])).toEqual([
      ["B", "far beyond"],
      ["B", "beyond"],
    ]);
    expect(failedRows(comparison(...rows), { slower: 0 })).toHaveLength(4);
  });
});
