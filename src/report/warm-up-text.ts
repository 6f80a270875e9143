import { measurementsOf } from "../calibration/measured.ts";
import { duration, NONE, percent, quantity } from "../format.ts";
import type { Profile } from "../profile/schema.ts";
import type { MedianInterval } from "../stats/median-interval.ts";
import { block, bullets, left, right, type Style, table, wrap } from "./layout.ts";
import { type OverheadCase, type OverheadFigure, overheadFigures, type StartFigure, startFigures } from "./warm-up-figures.ts";

/** Getting ready, for a terminal: starts from cold and from less, compiling in each state, and what launching costs. */

/** What is fresh, and the state its pipelines are compiled in: "process, cold". */
export const startName = ({ fresh, pipelines }: Pick<StartFigure, "fresh" | "pipelines">): string => `${fresh}, ${pipelines}`;

/** Numbers of pending pipelines that any state was compiled with, beyond one. */
export const pendingCounts = (figures: readonly StartFigure[]): number[] =>
  [...new Set(figures.flatMap(({ pending }) => [...pending.keys()]))].filter((count) => count > 1).sort((a, b) => a - b);

const orNone = (seconds: number | null | undefined): string => (seconds === null || seconds === undefined ? NONE : duration(seconds));

/** A row for each kind of start, under `startColumns`. */
export const startRows = (figures: readonly StartFigure[]): string[][] =>
  figures.map((figure) => [
    startName(figure),
    String(figure.starts.length),
    orNone(figure.open),
    duration(figure.modules),
    duration(figure.serial),
    ...pendingCounts(figures).map((count) => orNone(figure.pending.get(count))),
    duration(figure.first),
    duration(figure.steady),
    String(figure.runsUntilSteady),
  ]);

export const startColumns = (figures: readonly StartFigure[]): string[] => [
  "fresh, pipelines",
  "starts",
  "to device",
  "modules",
  "a pipeline",
  ...pendingCounts(figures).map((count) => `${count} pending`),
  "first run",
  "steady",
  "after",
];

export const START_TITLE = "Starts of a decoder layer, by what is fresh in them and the state its pipelines are compiled in";
/** What the columns are of. */
export const START_NOTE =
  "Medians over the starts. To device: until the page has one. A pipeline: one after another; with so many pending, the time of all over their number. Steady after so many runs, the first included.";

/** What the states save, as far as this device shows it; null without a cold start to compare with. */
export const savingSentenceOrNull = (figures: readonly StartFigure[]): string | null => {
  const cold = figures.find(({ fresh, pipelines }) => fresh === "process" && pipelines === "cold");
  const others = figures.filter(({ pipelines }) => pipelines !== "cold");
  if (cold === undefined || others.length === 0) return null;
  const each = ({ pending, serial }: StartFigure): number => pending.get(1) ?? serial;
  const shares = others.map((other) => `${other.pipelines} ${percent(each(other) / each(cold))}`);
  return `A pipeline's time beside a cold one's: ${shares.join(", ")}.`;
};

/** What was planned of starts and compiling, and is not here. */
export const missingStarts = (profile: Profile): string[] =>
  [...measurementsOf(profile, "warm-up"), ...measurementsOf(profile, "compile")].flatMap(({ id, missing }) =>
    missing === null ? [] : [`${id}: ${missing}`],
  );

const OVERHEAD_NAMES: Readonly<Record<OverheadCase, string>> = {
  dispatch_s: "dispatch, same pipeline",
  switched_dispatch_s: "dispatch, another pipeline",
  pass_s: "pass of one dispatch",
  submit_s: "submit of one dispatch",
  encode_s: "dispatch, encoding alone",
};

/** A slope with its interval; one whose interval reaches below 0 is not told from nothing. */
const slopeText = ({ median, low, high }: MedianInterval): string => (low > 0 ? duration(median) : `under ${duration(Math.max(high, 0))}`);

export const overheadColumns = ["one more", "wall clock", "95 % interval", "GPU time", "negative samples"] as const;

/** A row for each kind of overhead, under `overheadColumns`. */
export const overheadRows = (figures: readonly OverheadFigure[]): string[][] =>
  figures.map(({ name, wall, gpu, negative, samples }) => [
    OVERHEAD_NAMES[name],
    slopeText(wall),
    `${duration(wall.low)} – ${duration(wall.high)}`,
    gpu === null ? NONE : slopeText(gpu),
    negative === 0 ? "" : `${negative} of ${samples}`,
  ]);

/** Tables of starts and of overhead; nothing where neither was measured. */
export const warmUpLines = (profile: Profile, style: Style): string[] => {
  const starts = startFigures(profile);
  const overheads = overheadFigures(profile);
  const [name = "", ...numbers] = startColumns(starts);
  const [what, ...costs] = overheadColumns;
  const saving = savingSentenceOrNull(starts);
  return [
    ...block(
      START_TITLE,
      starts.length === 0
        ? []
        : [
            ...table([left(name), ...numbers.map(right)], startRows(starts), style, "    "),
            ...wrap(START_NOTE, "    "),
            ...(saving === null ? [] : wrap(saving, "    ")),
            ...bullets(missingStarts(profile)),
          ],
      style,
    ),
    ...block(
      `What launching costs, by the slope over many${overheads.length === 0 ? "" : ` (${quantity(overheads[0]!.samples, "sample")} each)`}`,
      overheads.length === 0 ? [] : table([left(what), ...costs.map(right)], overheadRows(overheads), style, "    "),
      style,
    ),
  ];
};
