// Do two runs on one machine agree?
//
//   npm run bench:repeat                      measures twice, one after the other, and compares
//   npm run bench:repeat -- --quick           the same with options of `bench`
//   npm run bench:repeat -- PROFILE PROFILE   compares two runs that are there
//
// It prints by how much each measurement's median differs between the two, how many of the 95 % intervals overlap, and beside it
// the machine's own noise: inside each run, where cases take turns, the odd turns of a measurement against its even ones.
import { median, quantile } from "simple-statistics";
import { processIo } from "../cli/io.ts";
import { seriesOf, type Series } from "../src/compare/series.ts";
import type { Profile } from "../src/profile/schema.ts";
import { groupBy } from "../src/stats/group-by.ts";
import { twoRuns } from "./two-runs.ts";

/** By what share two durations differ, whichever is the longer. */
const apart = (a: number, b: number): number => Math.max(a, b) / Math.min(a, b) - 1;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Odd against even turns of each measurement that has enough of them: what two halves of one run differ by. */
const halvesApart = (profile: Profile): number[] =>
  seriesOf(profile).flatMap(({ samples_s, turns }) => {
    if (turns.length < 4) return [];
    let from = 0;
    const halves: [number[], number[]] = [[], []];
    turns.forEach((samples, turn) => halves[turn % 2]!.push(...samples_s.slice(from, (from += samples))));
    return [apart(median(halves[0]), median(halves[1]))];
  });

interface Row {
  readonly family: string;
  readonly id: string;
  readonly apart: number;
  readonly log: number;
  /** Null where a side has no interval: one start says nothing of another. */
  readonly overlaps: boolean | null;
}

const rowOf = (a: Series, b: Series): Row => ({
  family: a.family,
  id: a.id,
  apart: apart(a.median, b.median),
  log: Math.log(b.median / a.median),
  overlaps: a.interval === null || b.interval === null ? null : a.interval.low <= b.interval.high && b.interval.low <= a.interval.high,
});

const line = (name: string, rows: readonly Row[]): string => {
  const sizes = rows.map((row) => row.apart);
  const known = rows.filter(({ overlaps }) => overlaps !== null);
  const overlapping = known.length === 0 ? "unknown" : percent(known.filter(({ overlaps }) => overlaps).length / known.length);
  const drift = Math.expm1(median(rows.map(({ log }) => log)));
  return [
    name.padEnd(28),
    String(rows.length).padStart(5),
    ...[percent(quantile(sizes, 0.5)), percent(quantile(sizes, 0.9)), percent(drift), overlapping].map((x) => x.padStart(11)),
    known.length === rows.length ? "" : `   ${rows.length - known.length} of one start: no interval`,
  ].join("");
};

const main = (): void => {
  const io = processIo();
  const runs = twoRuns(process.argv.slice(2));
  const [first, second] = [runs[0].profile, runs[1].profile];
  const others = new Map(seriesOf(second).map((series) => [series.id, series]));
  const rows = seriesOf(first).flatMap((series) => {
    const other = others.get(series.id);
    return other === undefined || series.median <= 0 || other.median <= 0 ? [] : [rowOf(series, other)];
  });
  const halves = [...halvesApart(first), ...halvesApart(second)];
  io.out(`${first.device}, ${first.condition}: two runs, of ${first.started_at} and ${second.started_at}\n`);
  io.out(`${"".padEnd(28)} rows${["median", "90th pct.", "drift", "overlap"].map((head) => head.padStart(11)).join("")}\n`);
  for (const [family, group] of groupBy(rows, ({ family }) => family)) io.out(`${line(family, group)}\n`);
  const kernels = rows.filter(({ family }) => family.includes(","));
  io.out(`${line("all kernels and layers", kernels)}\n${line("all measurements", rows)}\n`);
  if (halves.length > 0) {
    io.out(
      `The machine's own noise, odd turns against even ones inside each run: median ${percent(quantile(halves, 0.5))}, 90th percentile ${percent(quantile(halves, 0.9))} (${halves.length} halves).\n`,
    );
  }
  const worst = rows.toSorted((a, b) => b.apart - a.apart).slice(0, 5);
  io.out(`Furthest apart: ${worst.map((row) => `${row.id} (${percent(row.apart)})`).join("; ")}\n`);
  io.err(`Runs: ${runs.map(({ path }) => path).join(" ")}\n`);
};

main();
