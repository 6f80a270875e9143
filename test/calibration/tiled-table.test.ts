import { expect, it } from "vitest";
import { tableSeconds } from "../../src/calibration/table.ts";
import { tiledTable, type TiledPoint } from "../../src/calibration/tiled-table.ts";
import { matmuls } from "../../kernels/matmul/index.ts";

const tilesOf = (rows: number) => (tokens: number) => rows * Math.ceil(tokens / rows);
/** A device that takes 2 s and 1 s for every token that it computes. */
const measuredAt = (tokens: readonly number[], computed: TiledPoint["computed"]): TiledPoint[] =>
  tokens.map((count) => ({ tokens: count, seconds: 2 + computed(count), computed }));
const everyToken = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

it.each([
  ["full tiles", [8, 16, 64]],
  ["tiles begun", [1, 9, 23, 57]],
  ["both, in any order", [40, 3, 64, 8]],
])("finds every step between the measured token counts: %s", (_, measured) => {
  const computed = tilesOf(8);
  const table = tiledTable(measuredAt(measured, computed));
  for (const tokens of everyToken(Math.min(...measured), Math.max(...measured))) {
    expect(tableSeconds(table, tokens)).toBeCloseTo(2 + computed(tokens), 12);
  }
});

it("a kernel that computes what is asked for is straight between its measurements", () => {
  const table = tiledTable(measuredAt([1, 16, 64], (tokens) => tokens));
  expect(table).toEqual({ at: [1, 16, 64], seconds: [3, 18, 66] });
});

it("tiles that are small beside the token count are steps too small to keep", () => {
  const { at } = tiledTable(measuredAt([2048, 4096], tilesOf(8)));
  expect(at).toEqual([2048, 4096]);
  expect(tiledTable(measuredAt([128, 512], tilesOf(8))).at.length).toBeGreaterThan(50);
});

it("beyond the last token count of one kernel the next one's tiles hold", () => {
  const few = tilesOf(1);
  const many = tilesOf(64);
  const table = tiledTable([...measuredAt([8, 16], few), { tokens: 32, seconds: 100, computed: many }]);
  expect([16, 17, 32].map((tokens) => tableSeconds(table, tokens))).toEqual([18, 100, 100]);
});

it("the fastest kernel at a token count counts, by its own tiles", () => {
  const slow = { tokens: 4, seconds: 9, computed: tilesOf(64) };
  expect(tableSeconds(tiledTable([slow, ...measuredAt([4, 8], tilesOf(4))]), 4)).toBe(6);
});

it.each([
  ["matmul/tiled-64x64x16-4x4-f32", 65, 128],
  ["matmul/registers-4x4-4x16-f32", 65, 68],
  ["matmul/matvec-thread-4x64-f32", 3, 4],
  ["matmul/lanes-16x8-16-f32", 17, 32],
  ["matmul/matvec-4x64-f16", 9, 16],
])("%s computes %i rows as %i", (id, asked, computed) => {
  expect(matmuls.find((variant) => variant.id === id)?.rowsComputed(asked)).toBe(computed);
});
