import { describe, expect, it } from "vitest";
import { seriesOf } from "../../src/compare/series.ts";
import type { Measurement } from "../../src/profile/schema.ts";
import { coldStart, profileOf } from "../calibration/synthetic.ts";
import { simulatedRun } from "./simulated.ts";

const silent = { run: 0, turn: 0, sample: 0 };

/** Names and samples of one measurement's series, without its id. */
const seriesIn = (measurement: object): Record<string, readonly number[]> => {
  const profile = { ...profileOf([]), measurements: [measurement as Measurement] };
  return Object.fromEntries(seriesOf(profile).map(({ id, samples_s }) => [id.replace(/^x: /u, ""), samples_s]));
};

describe("the series of a profile", () => {
  it("are its kernels by their ids, with family and caches, variant and turns", () => {
    const [series] = seriesOf(simulatedRun({ seed: 1, noise: silent, rows: 1, turns: 2, samplesPerTurn: 3 }));
    expect(series).toMatchObject({
      id: "kernel/0 m=0 hot",
      family: "kernel, hot",
      kin: "kernel/0 hot",
      turns: [3, 3],
      interval: { median: 5e-5, low: 5e-5, high: 5e-5 },
      isBelowClock: false,
      isTimedOut: false,
    });
  });

  it("are of any other kind what its schema calls seconds: lists, and single numbers", () => {
    expect(seriesIn({ kind: "new", id: "x", method: "fast", bytes: 7, first_s: [1, 2], total_s: 3, other_s: null })).toEqual({
      first: [1, 2],
      total: [3],
    });
  });

  it("gather what lies in lists of objects: by their words and by what is pending, and as samples of one thing where these are the same", () => {
    const runs = [
      { state: "cold", pending: 1, each_s: [4, 5] },
      { state: "cold", pending: 8, each_s: [2] },
      { state: "hot", pending: 1, each_s: [1] },
      { state: "cold", pending: 1, each_s: [6] },
    ];
    expect(seriesIn({ kind: "new", id: "x", runs })).toEqual({
      "runs cold pending=1 each": [4, 5, 6],
      "runs cold pending=8 each": [2],
      "runs hot pending=1 each": [1],
    });
  });

  it("of an approach to the steady state hold only what is steady", () => {
    const start = { dispatches_s: [9, 5, 1, 1.1], gpu_s: [12, 9, 5, 1, null], steady_after: 2 };
    expect(seriesIn({ kind: "new", id: "x", ...start })).toEqual({ dispatches: [1, 1.1], gpu: [1] });
    // Where it never became steady, the last run stands for it.
    expect(seriesIn({ kind: "new", id: "x", ...start, steady_after: 4 })).toMatchObject({ dispatches: [1.1] });
  });

  it("of starts hold one value a start: of pipelines their mean, of runs the steady one", () => {
    const starts = [
      coldStart({ pipelines_s: [1, 3], dispatches_s: [9, 0.1, 0.1, 0.4], steady_after: 1 }),
      coldStart({ launch: 1, pipelines_s: [4], dispatches_s: [0.2], steady_after: 0 }),
    ];
    expect(seriesIn({ kind: "warm-up", id: "x", starts, missing: null })).toMatchObject({
      "starts process cold pipelines": [2, 4],
      "starts process cold dispatches": [0.1, 0.2],
    });
  });

  it("of one start have no interval", () => {
    const starts = [coldStart()];
    const [series] = seriesOf(profileOf([{ kind: "warm-up", id: "x", starts, missing: null }]));
    expect(series).toMatchObject({ id: "x: starts process cold browser start", median: 0.9, interval: null });
  });

  it("leave out the steps of the clocks, which are no result", () => {
    const clock = {
      kind: "clock",
      id: "x",
      timestamp_tick_s: 1e-6,
      performance_now_step_s: 1e-4,
      empty_submit_s: [1, 2],
      small_submit_s: [3],
    };
    expect(Object.keys(seriesIn(clock))).toEqual(["empty submit", "small submit"]);
  });
});
