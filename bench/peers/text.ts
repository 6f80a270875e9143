import { median } from "simple-statistics";
import { NONE, significant } from "../../src/format.ts";
import { bullets, left, PLAIN, right, table, text, wrap } from "../../src/report/layout.ts";
import { type Contestant, DEFAULT, type Ours, type PeersReport, type Race, TUNED } from "./contract.ts";
import { contestant, fastestPeerOrNull, type PeerRatio, raceRatioOrNull, summaryOrNull, untimed } from "./ratios.ts";

const milliseconds = (each: Contestant | null): string => (each === null ? NONE : significant(1000 * median(each.samples_s)));

export const ratioText = ({ estimate, low, high }: PeerRatio): string => `${estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

/** Without its family and element type: `matmul/registers-f32` is registers. */
const shortName = (variant: string): string => variant.replace(/^.*\//, "").replace(/-f32$/, "");

/** What a cell says of a contestant that was not timed: `wrong`, or a dash with its reason below the table. */
const peerCell = (race: Race, name: string): string => {
  const found = race.contestants.find((each) => each.name === name);
  if (found === undefined) return NONE;
  if (found.samples_s.length > 0) return milliseconds(found);
  return (found.because ?? "").startsWith("wrong") ? "wrong" : NONE;
};

/** What was refused, wrong or too slow: contestants, and single ways of those that took part by another. A reason that shapes share stands once. */
const reasons = ({ races, left_out }: PeersReport): string[] => {
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
    ...left_out.map(({ id, because }) => `${id} was not raced: ${because}`),
  ];
};

/** Ways that won somewhere, by library, with how often. */
const waysTaken = ({ races, libraries }: PeersReport): string[] =>
  libraries.flatMap(({ name, version, device }) => {
    const counts = new Map<string, number>();
    for (const race of races) {
      const way = contestant(race, name)?.way ?? null;
      if (way !== null) counts.set(way, (counts.get(way) ?? 0) + 1);
    }
    const ways = [...counts].map(([way, times]) => `${way} (${times})`).join(", ");
    return [`${name} ${version}: ${device}${ways === "" ? "" : `. Fastest ways: ${ways}`}`];
  });

const summarySentences = ({ races }: PeersReport, ours: Ours): string[] => {
  const summary = summaryOrNull(races, ours);
  const missing = untimed(races, ours);
  const left = missing.length === 0 ? [] : [`Not among them, because it was wrong or too slow: ${missing.length}, ${missing.join(", ")}.`];
  if (summary === null) return missing.length === 0 ? [] : ["compared at no shape.", ...left];
  const { compared, median: middle, worst, slower } = summary;
  return [
    `the fastest peer takes ${middle.toFixed(2)} times as long in the median of ${compared} shapes; at worst ${ratioText(worst.ratio)}, at ${worst.id}.`,
    slower.length === 0
      ? "No interval lies wholly on the slower side."
      : `Slower with its whole interval at ${slower.length}: ${slower.join(", ")}.`,
    ...left,
  ];
};

const summaryLines = (report: PeersReport): string[] =>
  ([TUNED, DEFAULT] as const).flatMap((ours) => {
    const sentences = summarySentences(report, ours);
    return sentences.length === 0 ? [] : wrap(`${ours}: ${sentences.join(" ")}`, "  ");
  });

/** What a call costs by itself, beside which a row's figures are to be read. */
export const overheadSentenceOrNull = ({ overhead }: PeersReport): string | null => {
  const timed = (overhead?.contestants ?? []).filter(({ samples_s }) => samples_s.length > 0);
  return overhead === null || timed.length === 0
    ? null
    : `A call on ${overhead.id}, which computes next to nothing, takes in milliseconds: ${timed
        .map((each) => `${each.name} ${milliseconds(each)}`)
        .join(", ")}. A row near these says what a call costs, and little of the kernel.`;
};

/** Largest error of each contestant over all shapes. */
const errorLines = ({ races, libraries }: PeersReport): string[] =>
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
export const peersNotes = (report: PeersReport): readonly (readonly [heading: string, lines: readonly string[]])[] => [
  ["Largest error against the f64 reference", errorLines(report)],
  ["Libraries", waysTaken(report)],
  ["Not in the table", reasons(report)],
];

/** The table with what belongs to it, as plain text. */
export const peersText = (report: PeersReport): string => {
  const { races, libraries, device, browser, rounds } = report;
  const rows = races.map((race) => {
    const tuned = contestant(race, TUNED);
    const ratio = raceRatioOrNull(race, TUNED);
    const untuned = raceRatioOrNull(race, DEFAULT);
    return [
      race.id,
      milliseconds(contestant(race, DEFAULT)),
      milliseconds(tuned),
      tuned?.way == null ? "" : shortName(tuned.way),
      ...libraries.map(({ name }) => peerCell(race, name)),
      ratio === null ? NONE : ratioText(ratio),
      untuned === null ? NONE : untuned.estimate.toFixed(2),
      ratio === null ? "" : `${ratio.verdict}${ratio.verdict === "SAME" ? "" : ` than ${fastestPeerOrNull(race)?.name}`}`,
    ];
  });
  const columns = [
    left("shape"),
    right("default ms"),
    right("tuned ms"),
    left("variant"),
    ...libraries.map(({ name }) => right(`${name} ms`)),
    right("fastest peer / tuned"),
    right("/ default"),
    left("tuned is"),
  ];
  const part = (heading: string, items: readonly string[]) => (items.length === 0 ? [] : ["", heading, ...bullets(items, "  ")]);
  const overhead = overheadSentenceOrNull(report);
  return text([
    `${device}, ${browser}: f32, ${rounds} interleaved rounds, milliseconds a call`,
    "",
    ...table(columns, rows, PLAIN),
    "",
    ...(overhead === null ? [] : [...wrap(overhead, "  "), ""]),
    ...summaryLines(report),
    ...peersNotes(report).flatMap(([heading, lines]) => part(heading, lines)),
  ]);
};
