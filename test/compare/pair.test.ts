import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePair } from "../../src/compare/pair.ts";
import type { Margin, Pair, Reason, Row, Sampling, Verdict } from "../../src/compare/schema.ts";
import type { MeasurementOf, Profile } from "../../src/profile/schema.ts";
import { profileOf } from "../calibration/synthetic.ts";
import { runs } from "../runs.ts";
import { type Noise, ROWS_A_VARIANT, simulatedRun } from "./simulated.ts";

const kernels = ({ measurements }: Profile) => measurements.filter(({ kind }) => kind === "kernel") as MeasurementOf<"kernel">[];

const pairOf = (base: Profile, other: Profile, threshold: number | null = null) =>
  comparePair({ label: "A", profile: base }, { label: "B", profile: other }, threshold);

const shareOf = (rows: readonly Row[], ...verdicts: Verdict[]): number =>
  rows.filter(({ verdict }) => verdicts.includes(verdict)).length / rows.length;

/** Rows of as many comparisons of two runs as the property says, together. */
const comparedRows = (count: number, noise: Noise, slowdown: number | ((row: number) => number) = 1, turns = 10): Row[] => {
  const { numRuns, seed } = runs(count);
  return fc
    .sample(fc.nat(), { numRuns, seed })
    .flatMap(
      (draw) => pairOf(simulatedRun({ seed: 2 * draw, noise, turns }), simulatedRun({ seed: 2 * draw + 1, noise, turns, slowdown })).rows,
    );
};

/** A quiet machine, and one that others use as well. */
const QUIET: Noise = { run: 0.004, turn: 0.006, sample: 0.01 };
const SHARED: Noise = { run: 0.01, turn: 0.01, sample: 0.03 };

describe("two runs on one device where nothing changed", () => {
  it.each([
    ["a quiet machine", QUIET, 10],
    ["a machine that others use as well", SHARED, 10],
    ["few turns", SHARED, 6],
    [
      "samples of one turn that are much alike, so that each tells little more than the first",
      { run: 0.01, turn: 0.05, sample: 0.005 },
      10,
    ],
    ["much noise within a run", { run: 0.005, turn: 0.2, sample: 0.1 }, 10],
    ["hardly any noise within a run, and much between runs", { run: 0.03, turn: 0.001, sample: 0.001 }, 10],
  ] as const)("call no more than 2 %% of rows FASTER or SLOWER: %s", (_, noise, turns) => {
    expect(shareOf(comparedRows(6, noise, 1, turns), "FASTER", "SLOWER")).toBeLessThanOrEqual(0.02);
  });

  it("are SAME in most rows where the machine is quiet", () => {
    expect(shareOf(comparedRows(6, QUIET), "SAME")).toBeGreaterThan(0.8);
  });
});

describe("a delay of 10 %", () => {
  it.each([
    ["a quiet machine", QUIET],
    ["a machine that others use as well", SHARED],
  ] as const)("in every row is found in at least 90 %% of them: %s", (_, noise) => {
    expect(shareOf(comparedRows(6, noise, 1.1), "SLOWER")).toBeGreaterThanOrEqual(0.9);
    expect(shareOf(comparedRows(6, noise, 1 / 1.1), "FASTER")).toBeGreaterThanOrEqual(0.9);
  });

  it("in one kernel variant is found there and nowhere else: the noise is not taken from it", () => {
    const rows = comparedRows(6, SHARED, (row) => (row < ROWS_A_VARIANT ? 1.1 : 1));
    const isDelayed = ({ id }: Row): boolean => id.startsWith("kernel/0 ");
    expect(shareOf(rows.filter(isDelayed), "SLOWER")).toBeGreaterThanOrEqual(0.9);
    expect(
      shareOf(
        rows.filter((row) => !isDelayed(row)),
        "SLOWER",
        "FASTER",
      ),
    ).toBeLessThanOrEqual(0.02);
  });
});

describe("what counts as the same", () => {
  const quiet = simulatedRun({ seed: 1, noise: QUIET });
  const marginOf = ({ margins }: Pair, way: Sampling = "in-turns"): number | undefined =>
    margins.find(({ sampling }) => sampling === way)?.margin;

  it("is within 2 %, or as asked", () => {
    const again = simulatedRun({ seed: 2, noise: QUIET });
    expect(marginOf(pairOf(quiet, again))).toBeCloseTo(0.02, 12);
    expect(marginOf(pairOf(quiet, again, 0.1))).toBeCloseTo(0.1, 12);
  });

  it("grows to what two runs differ by anyway, and finds that out", () => {
    const noise: Noise = { run: 0.03, turn: 0.005, sample: 0.005 };
    const pair = pairOf(simulatedRun({ seed: 3, noise, rows: 300 }), simulatedRun({ seed: 4, noise, rows: 300 }));
    // The ratio of two runs scatters by √2 of what one does.
    const [{ noise_between_runs: found }] = pair.margins as [Margin];
    expect(found).toBeGreaterThan(0.03 * Math.SQRT2 * 0.8);
    expect(found).toBeLessThan(0.03 * Math.SQRT2 * 1.2);
    expect(Math.log1p(marginOf(pair)!)).toBeCloseTo(2.326348 * found!, 9);
  });

  it("is another for what was sampled at once, which a moment can spoil, and leaves what was sampled in turns as it was", () => {
    const atOnce = (profile: Profile): MeasurementOf<"kernel">[] =>
      kernels(profile).map((kernel) => ({ ...kernel, id: `at once ${kernel.id}`, timing: { ...kernel.timing, visits: [] } }));
    const wild: Noise = { run: 0.2, turn: 0.001, sample: 0.01 };
    const mixed = (seed: number) =>
      profileOf([...simulatedRun({ seed, noise: QUIET }).measurements, ...atOnce(simulatedRun({ seed: seed + 10, noise: wild }))]);
    const pair = pairOf(mixed(1), mixed(2));
    expect(marginOf(pair)).toBeCloseTo(0.02, 12);
    expect(marginOf(pair, "at-once")).toBeGreaterThan(0.5);
    // To be within such a margin is not to be the same.
    const reasonsAtOnce = pair.rows.filter(({ sampling }) => sampling === "at-once").map(({ reason }) => reason);
    expect(reasonsAtOnce.filter((reason) => reason === "runs-differ").length).toBeGreaterThan(50);
    expect(pair.rows.filter(({ sampling, verdict }) => sampling === "in-turns" && verdict === "SAME").length).toBeGreaterThan(45);
  });

  it("does not grow between different devices, whose ratios scatter because they differ", () => {
    const slower = (row: number) => 1 + (row % 7) / 10;
    const other = simulatedRun({ seed: 5, noise: QUIET, slowdown: slower, changes: { device: "Another GPU" } });
    expect(pairOf(quiet, other)).toMatchObject({ margins: [{ noise_between_runs: null }], threshold: 0.02 });
    expect(pairOf(quiet, other).rows.filter(({ verdict }) => verdict === "SLOWER").length).toBeGreaterThan(45);
  });
});

describe("an UNSURE row says why", () => {
  const changed = (profile: Profile, change: (timing: MeasurementOf<"kernel">["timing"]) => Partial<MeasurementOf<"kernel">["timing"]>) =>
    profileOf([
      ...profile.measurements.filter(({ kind }) => kind === "clock"),
      ...kernels(profile).map((kernel) => ({ ...kernel, timing: { ...kernel.timing, ...change(kernel.timing) } as typeof kernel.timing })),
    ]);
  const base = simulatedRun({ seed: 1, noise: QUIET });
  const reasons = (pair: ReturnType<typeof pairOf>) => new Set(pair.rows.map(({ reason, verdict }) => reason ?? verdict));

  it("few samples: four, and those of six where one row among 60 differs, which no ranks of six can prove", () => {
    const other = (count: number) =>
      changed(simulatedRun({ seed: 2, noise: QUIET, slowdown: 1.5 }), ({ samples_s }) => ({
        samples_s: samples_s.slice(0, count),
        visits: [],
      }));
    expect(reasons(pairOf(base, other(4)))).toEqual(new Set(["few-samples"]));
    const few = changed(base, ({ samples_s }) => ({ samples_s: samples_s.slice(0, 6), visits: [] }));
    const one = (slow: Profile): Profile => {
      const [clock, first] = [slow.measurements.filter(({ kind }) => kind === "clock"), kernels(slow)[0]!];
      return profileOf([...clock, ...kernels(few).map((kernel) => (kernel.id === first.id ? first : kernel))]);
    };
    expect(reasons(pairOf(few, one(other(6))))).toContain("few-samples");
    expect(reasons(pairOf(few, other(6)))).toEqual(new Set(["SLOWER"]));
  });

  /** How many rows are UNSURE for which reason; a few whose ranks differ are chance. */
  const countOf = (pair: ReturnType<typeof pairOf>, reason: Reason): number => pair.rows.filter((row) => row.reason === reason).length;

  it("noise, and that time ran out before it was low enough", () => {
    const noisy = { run: 0, turn: 0.2, sample: 0.2 };
    const other = simulatedRun({ seed: 2, noise: noisy, slowdown: 1.05 });
    const timedOut = changed(other, ({ stopping }) => ({ stopping: { ...stopping!, reason: "time-out" } }));
    expect(countOf(pairOf(base, other, 0.02), "noise")).toBeGreaterThan(50);
    expect(countOf(pairOf(base, timedOut, 0.02), "time-out")).toBe(countOf(pairOf(base, other, 0.02), "noise"));
  });

  it("about the margin: known to be there, and so neither the same nor surely more", () => {
    const other = simulatedRun({ seed: 2, noise: { ...QUIET, run: 0 }, slowdown: 1.05 });
    expect(countOf(pairOf(base, other, 0.05), "at-margin")).toBeGreaterThan(30);
    expect(countOf(pairOf(base, other, 0.05), "noise")).toBe(0);
  });

  it("below the clock, and where a side took no time at all", () => {
    const clock = {
      kind: "clock",
      id: "clock",
      timestamp_tick_s: 1e-4,
      performance_now_step_s: 1e-4,
      empty_submit_s: [1e-3],
      small_submit_s: [1e-3],
    } as const;
    const coarse = profileOf([{ ...clock, empty_submit_s: [1e-3], small_submit_s: [1e-3] }, ...base.measurements]);
    const kernelRows = pairOf(coarse, base).rows;
    expect(kernelRows[0]).toMatchObject({ verdict: "UNSURE", reason: "below-clock" });
    expect(kernelRows.at(-1)).toMatchObject({ verdict: "SAME" });
    const zero = changed(base, ({ samples_s }) => ({ samples_s: samples_s.map(() => 0) }));
    expect(reasons(pairOf(base, zero))).toEqual(new Set(["below-clock"]));
  });
});

describe("profiles that hold different measurements", () => {
  it("are compared by what both have; the rest is named", () => {
    const whole = simulatedRun({ seed: 1, noise: QUIET });
    const [first, ...rest] = whole.measurements;
    const pair = pairOf(profileOf(rest), profileOf(whole.measurements.slice(0, 30)));
    expect(pair.rows).toHaveLength(29);
    expect(pair.only_other).toEqual([first!.id]);
    expect(pair.only_base).toHaveLength(30);
    expect(pairOf(profileOf(rest), profileOf([first!]))).toMatchObject({ rows: [], families: [], only_other: [first!.id] });
  });

  it("sum up each family by the geometric mean of its ratios", () => {
    const base = simulatedRun({ seed: 1, noise: { run: 0, turn: 0, sample: 0 }, rows: 2 });
    const other = simulatedRun({ seed: 1, noise: { run: 0, turn: 0, sample: 0 }, rows: 2, slowdown: (row) => (row === 0 ? 2 : 8) });
    expect(pairOf(base, other).families).toMatchObject([
      { family: "kernel, hot", rows: 2, ratio: { estimate: expect.closeTo(4, 9) as number } },
    ]);
  });
});
