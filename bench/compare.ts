// Does a comparison cry wolf, and does it see one?
//
//   npm run bench:compare                      measures twice, one after the other, and compares
//   npm run bench:compare -- --quick           the same with options of `bench`
//   npm run bench:compare -- PROFILE PROFILE   takes two runs on one device that are there
//
// It prints how many rows of the two runs, between which nothing changed, are called FASTER or SLOWER, and how many are found SLOWER once
// every sample of the second run is made 10 % longer. That delay is arithmetic, after the measurement: both runs keep all of their noise.
import { comparePair } from "../src/compare/pair.ts";
import type { Pair, Row, Verdict } from "../src/compare/schema.ts";
import type { Profile } from "../src/profile/schema.ts";
import { twoRuns } from "./two-runs.ts";

const DELAY = 1.1;

/** Every duration in a value, however deep, times so much. */
const delayed = <T>(value: T, key = ""): T => {
  if (typeof value === "number") return (key.endsWith("_s") ? value * DELAY : value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => delayed(item, key)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]: [string, unknown]) => [name, delayed(inner, name)])) as T;
};

const withDelay = (profile: Profile): Profile => ({
  ...profile,
  measurements: profile.measurements.map((measurement) => (measurement.kind === "clock" ? measurement : delayed(measurement))),
});

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const share = (rows: readonly Row[], ...verdicts: Verdict[]): number =>
  rows.length === 0 ? 0 : rows.filter(({ verdict }) => verdicts.includes(verdict)).length / rows.length;

const countsBy = (rows: readonly Row[], keyOf: (row: Row) => string): string => {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([key, count]) => `${count} ${key}`)
    .join(", ");
};

const print = (heading: string, { rows, margins }: Pair, asked: string, counted: readonly Verdict[]): void => {
  const judged = rows.filter(({ reason }) => reason !== "few-samples" && reason !== "below-clock");
  const lines = [
    heading,
    ...margins.map(({ sampling, margin, noise_between_runs: noise }) => {
      const own = rows.filter((row) => row.sampling === sampling);
      return `  ${sampling}: ${own.length} rows, ${percent(share(own, ...counted))} ${counted.join(" or ")}; margin ${percent(margin)}, noise between runs ${noise === null ? "unknown" : percent(noise)}`;
    }),
    `  ${counted.join(" or ")}: ${percent(share(rows, ...counted))} of all ${rows.length} rows, ${percent(share(judged, ...counted))} of the ${judged.length} with samples enough to judge by (${asked})`,
    `  ${countsBy(rows, ({ verdict, reason }) => (reason === null ? verdict : `UNSURE (${reason})`))}`,
    "",
  ];
  process.stdout.write(lines.join("\n") + "\n");
};

const [first, second] = twoRuns(process.argv.slice(2));
const pairWith = (other: Profile): Pair => comparePair({ label: "A", profile: first.profile }, { label: "B", profile: other }, null);
process.stdout.write(`${first.path}\n${second.path}\n\n`);
print("Nothing changed", pairWith(second.profile), "no more than 2 % asked for", ["FASTER", "SLOWER"]);
print("The second run, 10 % longer", pairWith(withDelay(second.profile)), "at least 90 % asked for", ["SLOWER"]);
print(
  "The first run against itself, 10 % longer: what is left without any noise between runs",
  comparePair({ label: "A", profile: first.profile }, { label: "A", profile: withDelay(first.profile) }, null),
  "at least 90 % asked for",
  ["SLOWER"],
);
