import { expect, it } from "vitest";
import type { Tuning } from "../../src/profile/measurements/tuning.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { tuningLines } from "../../src/report/tuning-text.ts";
import { profileOf } from "../calibration/synthetic.ts";

const around = (seconds: number): number[] => Array.from({ length: 12 }, (_, i) => seconds * (1 + ((i % 5) - 2) / 200));

const tuning = (m: number, times: Readonly<Record<string, number>>, choice: string, changes: Partial<Tuning> = {}): Tuning => ({
  kind: "tuning",
  id: `tuning matmul f32 m=${m}`,
  family: "matmul",
  dtype: "f32",
  shape: { m, n: 4096, k: 4096 },
  cache: "cold",
  default: "matmul/standard-f32",
  choice,
  runner_up: Object.keys(times).find((variant) => variant !== choice) ?? null,
  candidates: Object.entries(times).map(([variant, seconds]) => ({
    variant,
    version: 1,
    rounds: 3,
    race_s: [seconds],
    fresh_s: around(seconds),
  })),
  reused_from: null,
  ...changes,
});

it("what was chosen at each shape stands beside what it gained and what came next", () => {
  const profile = profileOf([
    tuning(1, { "matmul/quick-f32": 1, "matmul/standard-f32": 1.5 }, "matmul/quick-f32"),
    tuning(64, { "matmul/standard-f32": 2, "matmul/quick-f32": 2.04 }, "matmul/standard-f32", { reused_from: "0123456789abcdef" }),
    tuning(512, { "matmul/standard-f32": 9 }, "matmul/standard-f32"),
  ]);
  expect(tuningLines(profile, PLAIN).join("\n")).toMatchInlineSnapshot(`
    "    family       shape                    choice        beside the default (95 %)  runner-up     beside the choice      raced
        matmul, f32  m 1 · n 4096 · k 4096    quick-f32     −33 % (−34 to −33)         standard-f32  +50 % (+48 to +52)         2
        matmul, f32  m 64 · n 4096 · k 4096   standard-f32  is the default             quick-f32     +2.0 % (+0.9 to +3.1)      2
        matmul, f32  m 512 · n 4096 · k 4096  standard-f32  is the default             –                                        1
        Cold, in turns; times are of fresh samples after the race. At 1 of 3 shapes (33 %) another variant than
        the default was chosen: one that is faster by more than 2 %. Taken over from the profile 01234567: same
        device, driver, browser and kernels."
  `);
});

it("a profile in which nothing was tuned says nothing of it", () => {
  expect(tuningLines(profileOf([]), PLAIN)).toEqual([]);
});
