import { median } from "simple-statistics";
import { arithmeticRate, bandwidth, count, NONE, percent } from "../format.ts";
import { type Datasheet, datasheetOfOrNull } from "../profile/datasheet.ts";
import {
  aboveRoofs,
  type ArithmeticKind,
  isRoofFamily,
  type KernelShare,
  kernelShares,
  type Roof,
  type Roofs,
  type RoofShare,
} from "../profile/roofline.ts";
import type { Profile } from "../profile/schema.ts";
import { groupBy } from "../stats/group-by.ts";
import { fastestByShape, isRoof, type KernelFigure, shapeName } from "./kernel-figures.ts";
import { bullets, type Cell, left, right, type Style, table, wrap } from "./layout.ts";

/** Words for what the device can do at most and how near its kernels come. */

export const ARITHMETIC_NAMES: Readonly<Record<ArithmeticKind, string>> = {
  f32: "f32",
  f16: "f16",
  "f16-matrix": "f16 matrix units",
};

export const arithmeticRoofs = ({ arithmetic }: Roofs): (readonly [kind: ArithmeticKind, roof: Roof])[] =>
  (Object.keys(ARITHMETIC_NAMES) as ArithmeticKind[]).flatMap((kind) => {
    const roof = arithmetic[kind];
    return roof === undefined ? [] : [[kind, roof] as const];
  });

const reachedBy = ({ reachedBy: { variant, shape, cache }, tried }: Roof): string =>
  `${variant}, ${Object.entries(shape)
    .map(([name, size]) => `${name} ${count(size)}`)
    .join(" · ")}, ${cache}; the best of ${count(tried)}`;

/** What the maker states, and the share of it that was measured. */
const besideDatasheet = (rate: number, stated: number | undefined, unit: (rate: number) => string): string =>
  stated === undefined ? "" : `; ${percent(rate / stated)} of the datasheet's ${unit(stated)}`;

/** The roofs as lines of a figure and what it is a figure of. */
export const roofLines = (profile: Profile, roofs: Roofs): (readonly [name: string, value: string, rest: string])[] => {
  const { memory } = roofs;
  const datasheet = datasheetOfOrNull(profile);
  const arithmetic = arithmeticRoofs(roofs);
  return [
    memory === null
      ? ["memory roof", NONE, "not measured"]
      : ["memory roof", bandwidth(memory.rate), reachedBy(memory) + besideDatasheet(memory.rate, datasheet?.memory, bandwidth)],
    ...(arithmetic.length === 0 ? [["arith. roof", NONE, "not measured"] as const] : []),
    ...arithmetic.map(
      ([kind, roof]) =>
        [
          "arith. roof",
          arithmeticRate(roof.rate),
          `${ARITHMETIC_NAMES[kind]}: ${reachedBy(roof)}${besideDatasheet(roof.rate, statedOf(datasheet, kind), arithmeticRate)}`,
        ] as const,
    ),
    ...(profile.is_gpu && datasheet === null ? [["datasheet", NONE, `unknown for ${profile.device}`] as const] : []),
  ];
};

const statedOf = (datasheet: Datasheet | null, kind: ArithmeticKind): number | undefined =>
  kind === "f16" ? undefined : datasheet?.arithmetic[kind];

type Judged = RoofShare & { readonly kind: "judged" };
interface JudgedFigure {
  readonly figure: KernelFigure;
  readonly share: Judged;
}

/** `71 % (68–74)`: a share and its 95 % interval. */
export const shareText = ({ share, low, high }: Judged): string => {
  if (high < 0.0005) return percent(share);
  const [from, to] = [low, high].map((end) => (end * 100).toFixed(high < 0.0995 ? 1 : 0));
  return `${percent(share)} (${from === to ? from : `${from}–${to}`})`;
};

/** Those of its sizes that differ among the others; a size of 0 is a part that is not there. */
const sizesAmong = (others: readonly KernelFigure[], { measurement: { shape } }: KernelFigure): string =>
  shapeName(
    Object.fromEntries(
      Object.entries(shape).filter(([name, size]) => size > 0 && others.some(({ measurement }) => measurement.shape[name] !== size)),
    ),
  );

/** Shares of each shape's fastest kernel: a row for each family, element type, state of the caches and roof that binds. */
export const shareLines = (figures: readonly KernelFigure[], style: Style): string[] => {
  const judged = fastestByShape(figures.filter((figure) => !isRoof(figure))).flatMap((figure): JudgedFigure[] =>
    figure.share.kind === "judged" ? [{ figure, share: figure.share }] : [],
  );
  const families = [...groupBy(judged, ({ figure: { measurement } }) => measurement.family).values()];
  const groups = families.flatMap((members) => [
    ...groupBy(members, ({ figure: { measurement }, share }) => [measurement.dtype, measurement.cache, share.binding].join(" ")).values(),
  ]);
  return table(
    [left("kernels"), left(""), left("bound by"), right("shapes"), right("worst"), right("median"), right("best (95 %)"), left("at")],
    groups.map((members): Cell[] => {
      const [first] = members;
      const best = members.reduce((a, b) => (b.share.share > a.share.share ? b : a));
      const shares = members.map(({ share }) => share.share);
      const { family = "", dtype = "", cache = "" } = first?.figure.measurement ?? {};
      return [
        family,
        `${dtype}, ${cache}`,
        best.share.binding,
        count(members.length),
        percent(Math.min(...shares)),
        percent(median(shares)),
        shareText(best.share),
        {
          text: sizesAmong(
            members.map(({ figure }) => figure),
            best.figure,
          ),
          tone: "faint",
        },
      ];
    }),
    style,
    "    ",
  );
};

/** Kernels without a share, by reason. */
export const unjudgedLines = (figures: readonly KernelFigure[]): string[] => {
  const without = figures.flatMap(({ measurement, share }) =>
    share.kind === "unjudged" && !isRoofFamily(measurement.family) ? [{ family: measurement.family, because: share.because }] : [],
  );
  return [...groupBy(without, ({ because }) => because)].flatMap(([because, members]) =>
    wrap(`Without a share: ${[...groupBy(members, ({ family }) => family).keys()].join(", ")}: ${because}.`, "    "),
  );
};

/** One sentence for each kernel that is faster than its roof allows, worst first. */
export const aboveSentences = (shares: readonly KernelShare[]): string[] =>
  aboveRoofs(shares)
    .toSorted((a, b) => b.share.share - a.share.share)
    .map(({ measurement: { id }, share }) => {
      const unit = share.binding === "memory" ? bandwidth : arithmeticRate;
      const { rate, reachedBy: roof } = share.roof;
      return `${id}: ${shareText(share)} of the ${share.binding} roof, ${unit(rate)} by ${roof.id}`;
    });

/** What a run ends with where a kernel is faster than the device can be by its own roofs; null where none is. */
export const aboveRoofsOrNull = (profile: Profile): string | null => {
  const [first, ...others] = aboveSentences(kernelShares(profile));
  if (first === undefined) return null;
  return `${first}${others.length === 0 ? "" : `; and ${count(others.length)} more`}`;
};

export const aboveLines = (shares: readonly KernelShare[], style: Style): string[] =>
  bullets(aboveSentences(shares)).map((line) => style.bad(line));
