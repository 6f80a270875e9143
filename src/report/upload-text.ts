import { wayName } from "../calibration/load.ts";
import { measurementsOf } from "../calibration/measured.ts";
import { rankUploadsOrNull, type RankedUpload, type RateInterval } from "../profile/best-upload.ts";
import type { Profile } from "../profile/schema.ts";
import { bandwidth, duration, NONE, percent, size } from "../format.ts";
import { block, left, right, type Style, table, wrap, type Cell } from "./layout.ts";
import { type PipelineFigure, pipelineFigures } from "./upload-figures.ts";

/** Bringing weights to the GPU, for a terminal: every way compared, the way from disk, and how much the device held. */

/** A stage's name, and between what it moves bytes. */
export const STAGE_NAMES = {
  disk: "disk to server, past the page cache",
  "page cache": "page cache to server",
  transfer: "server to page, loopback",
  upload: "page to GPU",
} as const satisfies Record<PipelineFigure["slowest"], string>;

const intervalText = ({ low, high }: RateInterval): string => `${bandwidth(low)} – ${bandwidth(high)}`;

/** What the comparison of ways comes to, in a sentence. Null where there is nothing to compare. */
export const bestWaySentenceOrNull = (profile: Profile): string | null => {
  const ranking = rankUploadsOrNull(profile.measurements);
  if (ranking === null) return null;
  const [best, ...others] = ranking.ways;
  if (others.length === 0) return `Only one way was measured: ${wayName(best)}.`;
  const fastest =
    best.share === 1 ? "the fastest of all ways measured" : `at ${percent(best.share)} of the fastest median of all ways measured`;
  const tied = !others.some(({ isAsGood }) => isAsGood) ? "" : ` Ways marked = are not told from it by these samples.`;
  return `Best: ${wayName(best)}, ${fastest}; the load curve is fitted to it.${tied}`;
};

/** A way's row, in words: method, chunk, into fresh buffers, its interval, again, of the fastest. */
export const wayRow = ({ method, chunk_bytes, first, repeated, share, isAsGood }: RankedUpload, rank: number): string[] => [
  method,
  size(chunk_bytes),
  bandwidth(first.median),
  intervalText(first),
  repeated === null ? NONE : bandwidth(repeated.median),
  `${percent(share)}${rank > 0 && isAsGood ? " =" : ""}`,
];

const wayLines = (profile: Profile, style: Style): string[] => {
  const ranking = rankUploadsOrNull(profile.measurements);
  const sentence = bestWaySentenceOrNull(profile);
  if (ranking === null || sentence === null) return [];
  return [
    ...table(
      [left("method"), right("chunk"), right("fresh buffers"), right("95 % of it"), right("again"), right("of fastest")],
      ranking.ways.map(wayRow),
      style,
      "    ",
    ),
    ...wrap(sentence, "    "),
  ];
};

/** What the page did while it streamed, and which stage is to blame. */
export const pipelineSentence = ({ measurement, shares, slowest }: PipelineFigure): string =>
  `Of the streaming, the page waited ${percent(shares.file)} for the file and ${percent(shares.gpu)} for the GPU, and handed over for ${percent(shares.handingOver)}. ` +
  `Slowest stage by itself: ${STAGE_NAMES[slowest]}.` +
  (measurement.storage === "memory"
    ? " The file lay in memory (tmpfs), not on a disk."
    : " The file had just been written, so it was streamed from the page cache.");

const pipelineLines = (figure: PipelineFigure, style: Style): string[] => [
  ...table(
    [left("stage"), right("alone"), right("rate")],
    [
      ...figure.stages.map(({ stage, seconds, rate }): Cell[] => [STAGE_NAMES[stage], duration(seconds), bandwidth(rate)]),
      ["page cache to GPU, streamed", duration(figure.streamed.seconds), bandwidth(figure.streamed.rate)],
    ],
    style,
    "    ",
  ),
  ...wrap(pipelineSentence(figure), "    "),
];

/** How much the device held, in a sentence; null where nobody tried. */
export const deviceMemorySentenceOrNull = (profile: Profile): string | null => {
  const [memory] = measurementsOf(profile, "device-memory");
  if (memory === undefined) return null;
  const { held_bytes, ended, cap_bytes, cap_because } = memory;
  return ended === "cap"
    ? `The device held ${size(held_bytes)} of buffers at once, and more was not asked for: ${cap_because}.`
    : `The device held ${size(held_bytes)} of buffers at once and refused more (${size(cap_bytes)} would have been asked for: ${cap_because}).`;
};

/** Blocks of a profile's text. */
export const uploadLines = (profile: Profile, style: Style): string[] => {
  const ranking = rankUploadsOrNull(profile.measurements);
  const memory = deviceMemorySentenceOrNull(profile);
  return [
    ...block(`Uploads of ${size(ranking?.bytes ?? 0)}, page to GPU, the best way first`, wayLines(profile, style), style),
    ...pipelineFigures(profile).flatMap((figure) => {
      const { measurement } = figure;
      return block(`From disk to GPU, ${size(measurement.bytes)}, ${wayName(measurement)}`, pipelineLines(figure, style), style);
    }),
    ...block("Device memory", memory === null ? [] : wrap(memory, "    "), style),
  ];
};
