import { median } from "simple-statistics";
import { NONE, quantity, significant } from "../format.ts";
import { groupBy } from "../stats/group-by.ts";
import { contestant, type PeerRatio, summaryOrNull, untimed } from "./peers-ratios.ts";
import { type Contestant, DEFAULT, type Ours, type PeerTable, type Race, TUNED } from "./peers-schema.ts";
import { conditionName } from "./runtime.ts";

export const milliseconds = (each: Contestant | null): string => (each === null ? NONE : significant(1000 * median(each.samples_s)));

export const ratioText = ({ estimate, low, high }: Omit<PeerRatio, "verdict">): string =>
  `${estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

/** Without its family and element type: `matmul/registers-f32` is registers. */
export const shortName = (variant: string): string => variant.replace(/^.*\//, "").replace(/-f32$/, "");

/** What a cell says of a contestant that was not timed: `wrong`, or a dash with its reason below the table. */
export const peerCell = (race: Race, name: string): string => {
  const found = race.contestants.find((each) => each.name === name);
  if (found === undefined) return NONE;
  if (found.samples_s.length > 0) return milliseconds(found);
  return (found.because ?? "").startsWith("wrong") ? "wrong" : NONE;
};

/** What was refused, wrong or too slow: contestants, and single ways of those that took part by another. A reason that shapes share stands once. */
const reasons = ({ races, left_out }: PeerTable): string[] => {
  const shapes = new Map<string, string[]>();
  for (const { id, contestants } of races) {
    for (const { name, samples_s, because, tried } of contestants) {
      const refused = tried.flatMap((each) => (each.because === null ? [] : [`${name}, ${each.way}: ${each.because}`]));
      const own = samples_s.length > 0 || because === null || refused.length > 0 ? [] : [`${name}: ${because}`];
      for (const reason of [...refused, ...own]) shapes.set(reason, [...(shapes.get(reason) ?? []), id]);
    }
  }
  return [
    ...[...shapes].map(([reason, ids]) => `${reason} (${ids.length === races.length ? "every shape" : ids.join(", ")})`),
    ...[...groupBy(left_out, ({ because }) => because)].map(
      ([because, ids]) => `${ids.map(({ id }) => id).join(", ")} ${ids.length === 1 ? "was" : "were"} not raced: ${because}`,
    ),
  ];
};

/** Ways that won somewhere, by library, with how often. */
const waysTaken = ({ races, libraries }: PeerTable): string[] =>
  libraries.flatMap(({ name, version, device }) => {
    const counts = new Map<string, number>();
    for (const race of races) {
      const way = contestant(race, name)?.way ?? null;
      if (way !== null) counts.set(way, (counts.get(way) ?? 0) + 1);
    }
    const ways = [...counts].map(([way, times]) => `${way} (${times})`).join(", ");
    return [`${name} ${version}: ${device}${ways === "" ? "" : `. Fastest ways: ${ways}`}`];
  });

/** What all shapes together say of one of Ballast's rows; none where nothing was compared. */
const summarySentences = ({ races }: PeerTable, ours: Ours): string[] => {
  const summary = summaryOrNull(races, ours);
  const missing = untimed(races, ours);
  const left = missing.length === 0 ? [] : [`Not among them, because it was wrong or too slow: ${missing.length}, ${missing.join(", ")}.`];
  if (summary === null) return missing.length === 0 ? [] : ["compared at no shape.", ...left];
  const { compared, median: middle, worst, slower } = summary;
  return [
    `the fastest peer takes ${middle.toFixed(2)} times as long in the median of ${quantity(compared, "shape")}; at worst ${ratioText(worst.ratio)}, at ${worst.id}.`,
    slower.length === 0
      ? "No interval lies wholly on the slower side."
      : `Slower with its whole interval at ${slower.length}: ${slower.join(", ")}.`,
    ...left,
  ];
};

/** What all shapes together say of Ballast tuned and by default: once where both come to the same. */
export const peersSummaries = (table: PeerTable): readonly (readonly [who: string, sentences: readonly string[]])[] => {
  const [tuned, standard] = [summarySentences(table, TUNED), summarySentences(table, DEFAULT)];
  const all =
    tuned.join() === standard.join()
      ? [["ballast (tuned, and by default)", tuned] as const]
      : [[TUNED, tuned] as const, [DEFAULT, standard] as const];
  return all.filter(([, sentences]) => sentences.length > 0);
};

/** What a call costs by itself, beside which a row's figures are to be read. */
export const overheadSentenceOrNull = ({ overhead }: PeerTable): string | null => {
  const timed = (overhead?.contestants ?? []).filter(({ samples_s }) => samples_s.length > 0);
  return overhead === null || timed.length === 0
    ? null
    : `A call on ${overhead.id}, which computes next to nothing, takes in milliseconds: ${timed
        .map((each) => `${each.name} ${milliseconds(each)}`)
        .join(", ")}. A row near these says what a call costs, and little of the kernel.`;
};

/** Largest error of each contestant over all shapes. */
const errorLines = ({ races, libraries }: PeerTable): string[] =>
  [TUNED, ...libraries.map(({ name }) => name)].flatMap((name) => {
    const errors = races.flatMap((race) => {
      const found = race.contestants.find((each) => each.name === name)?.error ?? null;
      return found === null ? [] : [{ id: race.id, ...found }];
    });
    const [worst] = errors.toSorted((a, b) => b.of_magnitudes - a.of_magnitudes);
    return worst === undefined
      ? []
      : [`${name}: ${worst.of_magnitudes.toExponential(1)} of Σ|a·b| at ${worst.id}, ${significant(worst.of_bound, 2)} of what f32 allows`];
  });

/** What stands behind the figures, by heading. */
export const peersNotes = (report: PeerTable): readonly (readonly [heading: string, lines: readonly string[]])[] => [
  ["Largest error against the f64 reference", errorLines(report)],
  ["Libraries", waysTaken(report)],
  ["Not in the table", reasons(report)],
];

/** The one sentence a reader takes away. */
export const peersSentence = ({ races }: PeerTable): string => {
  const summary = summaryOrNull(races, TUNED);
  return summary === null
    ? "Nothing was compared with other libraries"
    : `The fastest peer takes ${summary.median.toFixed(2)} times as long in the median of ${quantity(summary.compared, "shape")}, and ${summary.worst.ratio.estimate.toFixed(2)} at worst`;
};

/** On what the table was raced. */
export const machineSentence = ({ device, environment, rounds, condition }: PeerTable): string =>
  `${device} on ${environment.cpu}, ${quantity(environment.cpu_cores, "core")}, ${environment.os}; ${environment.browser}, ${conditionName({ condition })}: f32, ${rounds} interleaved rounds.`;
