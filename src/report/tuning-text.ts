import { count, NONE, percent, quantity } from "../format.ts";
import type { Tuning } from "../profile/measurements/tuning.ts";
import type { Profile } from "../profile/schema.ts";
import { timingInterval } from "../profile/timing-interval.ts";
import { logRatioOrNull } from "../stats/ratio.ts";
import { shapeName } from "./kernel-figures.ts";
import { type Cell, left, right, type Style, table, wrap } from "./layout.ts";

/** Which variant was chosen where, and what that gained: for a terminal and a page. */

export const tuningsOf = ({ measurements }: Profile): Tuning[] => measurements.filter((measurement) => measurement.kind === "tuning");

export const TUNING_TITLE = "The fastest variants, by shape";
export const tuningColumns = ["family", "shape", "choice", "beside the default (95 %)", "runner-up", "beside the choice", "raced"] as const;

const HEADS = ["heads", "kv_heads", "head_dim"];
const sizes = ({ shape }: Tuning): string => shapeName(Object.fromEntries(Object.entries(shape).filter(([name]) => !HEADS.includes(name))));
const withoutFamily = ({ family }: Tuning, variant: string): string => variant.replace(`${family}/`, "");

/** How much longer the second takes than the first by their fresh samples: `−12 % (−14 to −9)`; empty where one has none. */
const beside = ({ candidates }: Tuning, first: string, second: string): string => {
  const [a, b] = [first, second].map((variant) => candidates.find((candidate) => candidate.variant === variant)?.fresh_s);
  if (!a || !b) return "";
  const ratio = logRatioOrNull(timingInterval({ samples_s: a, visits: [] }), timingInterval({ samples_s: b, visits: [] }));
  if (ratio === null) return "";
  const [estimate, low, high] = [ratio.estimate, ratio.low, ratio.high].map((log) => signed(Math.expm1(log)));
  return `${estimate} % (${low} to ${high})`;
};

const signed = (share: number): string => {
  const text = Math.abs(100 * share).toFixed(Math.abs(share) < 0.0995 ? 1 : 0);
  return share < 0 ? `−${text}` : `+${text}`;
};

/** A row for each shape, under `tuningColumns`. */
export const tuningRows = (tunings: readonly Tuning[]): string[][] =>
  tunings.map((tuning) => [
    `${tuning.family}, ${tuning.dtype}`,
    sizes(tuning),
    withoutFamily(tuning, tuning.choice),
    tuning.choice === tuning.default ? "is the default" : beside(tuning, tuning.default, tuning.choice),
    tuning.runner_up === null ? NONE : withoutFamily(tuning, tuning.runner_up),
    tuning.runner_up === null ? "" : beside(tuning, tuning.choice, tuning.runner_up),
    count(tuning.candidates.length),
  ]);

/** How the choices were made, and what came of it in one line. */
export const tuningSentence = (tunings: readonly Tuning[]): string => {
  const others = tunings.filter(({ choice, default: standard }) => choice !== standard).length;
  const reused = new Set(tunings.flatMap(({ reused_from }) => reused_from ?? []));
  return [
    `Cold, in turns; times are of fresh samples after the race. At ${count(others)} of ${quantity(tunings.length, "shape")} (${percent(others / tunings.length)}) another variant than the default was chosen: one that is faster by more than 2 %.`,
    ...(reused.size === 0
      ? []
      : [
          `Taken over from the profile ${[...reused].map((hash) => hash.slice(0, 8)).join(", ")}: same device, driver, browser and kernels.`,
        ]),
  ].join(" ");
};

/** The table and its sentence; none where nothing was tuned. */
export const tuningLines = (profile: Profile, style: Style): string[] => {
  const tunings = tuningsOf(profile);
  if (tunings.length === 0) return [];
  const [family, shape, choice, gain, runnerUp, behind, raced] = tuningColumns;
  const columns = [left(family), left(shape), left(choice), left(gain), left(runnerUp), left(behind), right(raced)];
  const rows: Cell[][] = tuningRows(tunings);
  return [...table(columns, rows, style, "    "), ...wrap(tuningSentence(tunings), "    ")];
};
