import { median } from "simple-statistics";
import { measurementsOf } from "../calibration/measured.ts";
import type { Cache } from "../profile/measurements/timing.ts";
import type { Profile } from "../profile/schema.ts";
import { arithmeticRate, bandwidth, duration, limit, list, NONE, quantity, size } from "../format.ts";
import { kernelShares, roofsOf } from "../profile/roofline.ts";
import { fastestByShape, isComposite, isRoof, type KernelFigure, kernelFigures, shapeName } from "./kernel-figures.ts";
import { kernelGrids } from "./kernel-grid.ts";
import { compositeLines, gridLines, shareGridLines } from "./kernel-text.ts";
import { block, bullets, PLAIN, type Style, text, wrap } from "./layout.ts";
import { machineBlocks } from "./machine-text.ts";
import { notAGpuOrNull } from "./not-a-gpu.ts";
import { conditionName, runtimeCaveatOrNull } from "./runtime.ts";
import { warmUpFigureOrNull } from "./profile-figures.ts";
import { bestUploadOrNull } from "./upload-figures.ts";
import { aboveLines, roofLines, shareLines, unjudgedLines } from "./roofline-text.ts";
import { processesSentence, unmetSentence } from "./sampling-text.ts";
import { uploadLines } from "./upload-text.ts";
import { TUNING_TITLE, tuningLines } from "./tuning-text.ts";
import { warmUpLines } from "./warm-up-text.ts";

/** Figure first, then what it is a figure of. */
type Line = readonly [name: string, value: string, rest: string];

const uploadLine = (profile: Profile): Line => {
  const best = bestUploadOrNull(profile);
  return best === null
    ? ["upload", NONE, "not measured"]
    : [
        "upload",
        bandwidth(best.first.median),
        `${best.method}, ${size(best.bytes)} in chunks of ${size(best.chunk_bytes)}, into fresh buffers${best.repeated === null ? "" : `; again ${bandwidth(best.repeated.median)}`}`,
      ];
};

const warmUpLine = (profile: Profile): Line => {
  const figure = warmUpFigureOrNull(profile);
  return figure === null
    ? ["warm-up", NONE, "not measured"]
    : [
        "warm-up",
        duration(figure.total),
        `${list(figure.phases.map(({ name, seconds }) => `${name} ${duration(seconds)}`))}; steady after ${quantity(figure.runsUntilSteady, "run")}`,
      ];
};

/** Matmuls that were timed cold and hot: what weights are worth that are still in the cache, where it holds so many bytes. */
const inCacheLines = (matmuls: readonly KernelFigure[]): Line[] => {
  const name = ({ measurement: { variant, shape } }: KernelFigure) => `${shapeName(shape)}, ${variant}`;
  const of = (cache: Cache) => matmuls.filter(({ measurement }) => measurement.cache === cache);
  return of("hot").flatMap((hot): Line[] => {
    const cold = of("cold").find((other) => name(other) === name(hot));
    if (cold === undefined) return [];
    return [
      [
        "in cache",
        bandwidth(hot.bandwidth),
        `${(hot.bandwidth / cold.bandwidth).toFixed(2)} times as fast as cold, ${size(hot.measurement.bytes)}: ${name(hot)}`,
      ],
    ];
  });
};

/** Of the matmuls: the most arithmetic at the most tokens measured, the most memory at one; cold, as a step finds its weights, where they were measured so. */
const matmulLines = (figures: readonly KernelFigure[]): Line[] => {
  const all = figures.filter(({ measurement }) => measurement.family === "matmul");
  const cold = all.filter(({ measurement }) => measurement.cache === "cold");
  const matmuls = cold.length > 0 ? cold : all;
  const describe = ({ measurement }: KernelFigure): string =>
    `${shapeName(measurement.shape)}, ${measurement.dtype}, ${measurement.cache}, ${measurement.variant}`;
  const most = Math.max(...matmuls.map(({ measurement }) => measurement.shape["m"] ?? 0));
  const prefill = matmuls.filter(({ measurement }) => measurement.shape["m"] === most).toSorted((a, b) => b.rate - a.rate)[0];
  const decode = matmuls.filter(({ measurement }) => measurement.shape["m"] === 1).toSorted((a, b) => b.bandwidth - a.bandwidth)[0];
  return [
    prefill === undefined
      ? ["prefill", NONE, "no matmul measured"]
      : ["prefill", arithmeticRate(prefill.rate), `the fastest matmul of ${quantity(most, "token")}: ${describe(prefill)}`],
    decode === undefined
      ? ["decode", NONE, "no matmul of one token measured"]
      : ["decode", bandwidth(decode.bandwidth), `the fastest matmul of one token: ${describe(decode)}`],
    ...inCacheLines(all),
  ];
};

const clockLine = (profile: Profile): Line[] => {
  const clock = measurementsOf(profile, "clock").at(-1);
  if (clock === undefined) return [["clock", NONE, "not measured"]];
  const tick = clock.timestamp_tick_s === null ? "no GPU timestamps: wall clock" : `GPU timestamp tick ${duration(clock.timestamp_tick_s)}`;
  return [
    [
      "clock",
      duration(median(clock.small_submit_s)),
      `round trip of a small submit, the floor of a wall-clock time; empty ${duration(median(clock.empty_submit_s))}; ${tick}; page clock ${duration(clock.performance_now_step_s)}`,
    ],
  ];
};

const overheadLine = (profile: Profile): Line[] =>
  measurementsOf(profile, "overhead")
    .slice(-1)
    .map(({ dispatch_s, submit_s }) => [
      "dispatch",
      duration(median(dispatch_s)),
      `one more in a pass; one more submit ${duration(median(submit_s))}`,
    ]);

/** Reasons with all that share them. */
export const groupedByReason = (items: readonly { readonly name: string; readonly because: string }[]): string[] => {
  const groups = new Map<string, string[]>();
  for (const { name, because } of items) groups.set(because, [...(groups.get(because) ?? []), name]);
  return [...groups].map(([because, names]) => `${names.join(", ")}: ${because}`);
};

export const leftOut = (profile: Profile): string[] => groupedByReason(profile.left_out.map(({ id, because }) => ({ name: id, because })));

/** Variants that were not timed: failed against their reference, or could not run here. */
export const untimedVariants = (profile: Profile): string[] =>
  groupedByReason(
    profile.verifications.flatMap((verification) =>
      verification.kind === "passed"
        ? []
        : [
            {
              name: verification.variant,
              because:
                verification.kind === "failed"
                  ? `WRONG, so not timed: ${verification.because}`
                  : `unverified here: ${verification.because}`,
            },
          ],
    ),
  );

/** The figures a person looks for, each with what it is a figure of. */
export const deviceLines = (profile: Profile): Line[] => {
  const roofs = roofsOf(profile);
  const figures = kernelFigures(profile, roofs);
  return [
    uploadLine(profile),
    warmUpLine(profile),
    ...matmulLines(figures),
    ...roofLines(profile, roofs),
    ...overheadLine(profile),
    ...clockLine(profile),
  ];
};

/** A measured device for a terminal: what it is, the figures a person looks for, then the fastest kernel of each shape as grids and what was left out. */
export const profileText = (profile: Profile, style: Style = PLAIN): string => {
  const notAGpu = notAGpuOrNull(profile);
  const caveat = runtimeCaveatOrNull(profile);
  const roofs = roofsOf(profile);
  const figures = kernelFigures(profile, roofs);
  const grids = kernelGrids(fastestByShape(figures.filter((figure) => !isRoof(figure) && !isComposite(figure))));
  const { environment } = profile;
  const passed = profile.verifications.filter(({ kind }) => kind === "passed").length;
  return text([
    ...(notAGpu === null ? [] : [...wrap(notAGpu).map(style.bad), ""]),
    ...(caveat === null ? [] : [...wrap(caveat).map(style.bad), ""]),
    style.strong(`${profile.device}, ${conditionName(profile)}, ${environment.browser}`),
    ...wrap(
      `${profile.started_at}, Ballast ${profile.ballast_version}${profile.is_quick ? ", quick" : ""}, budget ${limit(profile.budget_s)}; ${environment.os}, ${environment.cpu}`,
      "  ",
    ),
    "",
    ...deviceLines(profile).flatMap(([name, value, rest]) =>
      wrap(rest, " ".repeat(31), undefined, `  ${name.padEnd(11)}  ${value.padStart(13)}   `),
    ),
    ...uploadLines(profile, style),
    ...warmUpLines(profile, style),
    ...block(
      "Share of the roof: the least time that memory or arithmetic allows, over the time measured",
      [
        ...shareLines(figures, style),
        ...(figures.some(({ share }) => share.kind === "judged")
          ? wrap(
              "The fastest kernel of each shape; below, each share with the roof that binds it, m for memory, a for arithmetic. Hot ones are held against arithmetic alone: a cache may be faster than memory.",
              "    ",
            )
          : []),
        ...unjudgedLines(figures),
        ...grids.flatMap((grid) => shareGridLines(grid, style)),
      ],
      style,
    ),
    ...block("FASTER THAN ITS ROOF, so a kernel or a roof is wrong", aboveLines(kernelShares(profile, roofs), style), style),
    ...block(
      "Fastest verified kernel by shape, in the unit of the roof it meets first",
      grids.flatMap((grid) => gridLines(grid, roofs, style)).slice(0, -1),
      style,
    ),
    ...block(TUNING_TITLE, tuningLines(profile, style), style),
    ...(figures.some(({ isBelowClock }) => isBelowClock)
      ? wrap("!: the samples are too short for the clock they were taken with; do not quote them.", "    ")
      : []),
    ...wrap(processesSentence(profile), "    "),
    ...wrap(unmetSentence(profile), "    "),
    ...block("Whole decoder layers", compositeLines(figures.filter(isComposite), style), style),
    ...block(
      "Verified",
      wrap(`${quantity(passed, "variant")} passed against an f64 reference on this device before being timed.`, "    "),
      style,
    ),
    ...machineBlocks(profile, style),
    ...block("Not timed", bullets(untimedVariants(profile)), style),
    ...block("Left out", bullets(leftOut(profile)), style),
    ...block("Flags that weaken the browser", bullets(environment.weakening_flags.map(({ flag, what }) => `${flag}: ${what}`)), style),
    ...block("Other programs on this GPU", bullets(environment.other_gpu_processes), style),
    ...block("Notes", bullets(profile.notes), style),
  ]);
};
