import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf, RUN_COLUMNS } from "../../src/sweep/columns.ts";
import { summarize, type SweepRow } from "../../src/sweep/summary.ts";
import { csvTable, jsonLines } from "../../src/sweep/table.ts";
import { run } from "../report/samples.ts";

const a = { values: { rate: 1 }, name: "rate 1", fields: {} };
const b = { values: { rate: 2 }, name: "rate 2", fields: {} };
const row = (combination: typeof a, seed: number, figure: number | null): SweepRow => ({
  combination,
  seed,
  figures: { figure },
  run: "0",
});
const estimate = (...figures: (number | null)[]) => summarize(figures.map((figure, seed) => row(a, seed, figure)))[0]!.estimates["figure"];

describe("a combination's summary", () => {
  it("is the mean and Student's interval of the mean", () => {
    // t of 97.5 % with 1 and 4 degrees of freedom: 12.7062 and 2.7764; the standard errors are 1 and √(2.5 / 5).
    expect(estimate(1, 3)).toEqual({ mean: 2, halfWidth: expect.closeTo(12.7062, 3) });
    const five = estimate(1, 2, 3, 4, 5)!;
    expect(five.mean).toBe(3);
    expect(Math.abs(five.halfWidth! / (2.7764 * Math.sqrt(0.5)) - 1)).toBeLessThan(0.008);
  });

  it("has no interval with one seed, no width where all agree, and no figure where a run has none", () => {
    expect(estimate(7)).toEqual({ mean: 7, halfWidth: null });
    expect(estimate(7, 7, 7)).toEqual({ mean: 7, halfWidth: 0 });
    expect(estimate(7, null)).toBeNull();
  });

  it("is of its own rows alone", () => {
    const found = summarize([row(a, 1, 1), row(b, 1, 10), row(a, 2, 3), row(b, 2, 30)]);
    expect(found.map(({ combination, seeds, estimates }) => [combination, seeds, estimates["figure"]!.mean])).toEqual([
      [a, 2, 2],
      [b, 2, 20],
    ]);
  });
});

describe("the table", () => {
  it("has a figure of the run in each column", () => {
    const figures = figuresOf(run());
    expect(["seed", ...Object.keys(figures), "run"]).toEqual(RUN_COLUMNS);
    expect(figures).toMatchObject({
      arrived: run().requests.arrived,
      ttft_p99_s: run().latency.ttft_s!.p99,
      gpu_hours: run().gpu_hours,
      scale_events: run().scale_events.length,
    });
  });

  it("reads back as it was, in CSV and as JSON lines, whatever the variants are called", () => {
    const figures = figuresOf(run("autoscaler", { utilization: null }));
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), (names) => {
        const rows = names.map((fleet, seed): SweepRow => ({
          combination: { values: { fleet }, name: fleet, fields: {} },
          seed,
          figures,
          run: "f",
        }));
        const csv = parse(csvTable(rows, ["fleet"]), { columns: true }) as Record<string, string>[];
        expect(csv.map(({ fleet, seed, utilization, gpu_hours, run: address }) => [fleet, seed, utilization, gpu_hours, address])).toEqual(
          names.map((fleet, seed) => [fleet, `${seed}`, "", `${figures["gpu_hours"]}`, "f"]),
        );
        const lines = jsonLines(rows).trimEnd().split("\n");
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
          names.map((fleet, seed) => ({ fleet, seed, ...figures, run: "f" })),
        );
      }),
    );
  });
});
