import type { Dtype } from "../../../kernels/kernel.ts";
import { arithmeticRate, arithmeticTick, bandwidth, count, list, percent, plain } from "../../format.ts";
import { datasheetOfOrNull } from "../../profile/datasheet.ts";
import { type Roofs, roofsOf } from "../../profile/roofline.ts";
import type { Profile } from "../../profile/schema.ts";
import { fastestByShape, isRoof, type KernelFigure, kernelFigures, shapeName } from "../kernel-figures.ts";
import { ARITHMETIC_NAMES, arithmeticRoofs, shareText } from "../roofline-text.ts";
import { type Axis, labelWidth, logTicks } from "./axes.ts";
import { axisMarks, type Charts, figure, leftMargin, Plot, scaleOf, seriesColor } from "./chart.ts";
import { html, type Html } from "./markup.ts";

const WIDTH = 460;
const HEIGHT = 360;
/** Of the axes, as `labelWidth` takes it, and of the roofs' names. */
const FONT = 13;
const LABEL_FONT = 12;
/** Pixels between two level lines that a label between them needs. */
const LABEL_ROOM = 15;
const MARGIN = { top: 28, right: 18, bottom: 46 };

/** What dots are coloured by: families that bear on a step in the same way share a colour. */
const GROUPS = [
  { name: "matmul", families: ["matmul", "matmul-f16w", "matmul-q4"] },
  { name: "prefill attention", families: ["attention-prefill"] },
  { name: "decode attention", families: ["attention-decode"] },
  {
    name: "norm, rotary, activation, residual",
    families: ["rms-norm", "residual-norm", "rotary", "swiglu", "residual-add", "greedy-head"],
  },
  { name: "whole steps", families: ["engine-step", "decoder-layer"] },
] as const satisfies readonly { readonly name: string; readonly families: readonly string[] }[];

const groupOf = ({ measurement: { family } }: KernelFigure): number =>
  GROUPS.findIndex(({ families }) => (families as readonly string[]).includes(family));

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly group: number;
  readonly isCold: boolean;
  readonly isFastest: boolean;
  readonly title: string;
}

const dotOf = (figure: KernelFigure, isFastest: boolean): Dot => {
  const { measurement, rate, share } = figure;
  const { operations, bytes, variant, shape, cache } = measurement;
  return {
    x: operations / bytes,
    y: rate,
    group: groupOf(figure),
    isCold: cache === "cold",
    isFastest,
    title: `${variant}, ${shapeName(shape)}, ${cache}\n${arithmeticRate(rate)}, ${bandwidth(figure.bandwidth)}${share.kind === "judged" ? `\n${shareText(share)} of the ${share.binding} roof` : ""}`,
  };
};

const logAxis = (label: string, values: readonly number[], format: Axis["format"]): Axis => {
  const ticks = logTicks(Math.min(...values), Math.max(...values));
  return { label, isLog: true, format, ticks, domain: [ticks[0] ?? 1, ticks.at(-1) ?? 10] };
};

/** One limit's line: a slope where memory binds, level where arithmetic does. */
interface Line {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly isStated: boolean;
}

const memoryLine = (rate: number, ceiling: number, x: Axis, y: Axis): Line["points"] => {
  const from = Math.max(x.domain[0], y.domain[0] / rate);
  const to = Math.min(x.domain[1], ceiling / rate);
  return to <= from ? [] : [from, to].map((at) => ({ x: at, y: rate * at }));
};

const levelLine = (rate: number, memory: number | null, x: Axis, to = x.domain[1]): Line["points"] => {
  const from = memory === null ? x.domain[0] : Math.max(x.domain[0], rate / memory);
  return from >= to ? [] : [from, to].map((at) => ({ x: at, y: rate }));
};

const legend = (dots: readonly Dot[], hasStated: boolean): Html => {
  const swatch = (mark: string): Html => ({
    html: `<svg width="16" height="12" viewBox="0 0 16 12" aria-hidden="true" fill="none" stroke="currentColor">${mark}</svg>`,
  });
  const has = (is: (dot: Dot) => boolean): boolean => dots.some(is);
  return html`<ul class="legend">
    ${GROUPS.map(({ name }, group) =>
      has((dot) => dot.group === group)
        ? html`<li>${swatch(`<circle cx="8" cy="6" r="4.5" stroke="none" fill="${seriesColor(group)}"/>`)}${name}</li>`
        : html``,
    )}${has(({ isCold }) => isCold) ? html`<li>${swatch(`<circle cx="8" cy="6" r="4" fill="currentColor"/>`)}cold</li>` : html``}${
      has(({ isCold }) => !isCold) ? html`<li>${swatch(`<path d="M8,1l4.5,5l-4.5,5l-4.5,-5z" stroke-width="1.5"/>`)}hot</li>` : html``
    }${
      has(({ isFastest }) => !isFastest)
        ? html`<li>${swatch(`<circle cx="8" cy="6" r="4" stroke="none" fill="currentColor" opacity="0.3"/>`)}slower variants</li>`
        : html``
    }${hasStated ? html`<li>${swatch(`<path d="M0,6H16" stroke-dasharray="2 3"/>`)}datasheet</li>` : html``}
  </ul> `;
};

const description = (dots: readonly Dot[], figures: readonly KernelFigure[], dtype: Dtype): string => {
  const best = GROUPS.flatMap(({ name }, group) => {
    const shares = figures.flatMap((figure) => (groupOf(figure) === group && figure.share.kind === "judged" ? [figure.share] : []));
    const first = shares.toSorted((a, b) => b.share - a.share)[0];
    return first === undefined ? [] : [`${name} reaches at most ${percent(first.share)} of the ${first.binding} roof`];
  });
  return `${count(dots.length)} measurements of ${dtype} kernels by operations per byte and arithmetic rate, under the device's roofs.${best.length === 0 ? "" : ` ${list(best)}.`}`;
};

const rooflineChart = (charts: Charts, profile: Profile, roofs: Roofs, figures: readonly KernelFigure[], dtype: Dtype): Html => {
  const fastest = new Set(fastestByShape(figures));
  const dots = figures.map((own) => dotOf(own, fastest.has(own)));
  const { memory } = roofs;
  const arithmetic = arithmeticRoofs(roofs).filter(([kind]) => dtype === "f16" || kind === "f32");
  const sheet = datasheetOfOrNull(profile);
  const stated = Object.entries(sheet?.arithmetic ?? {}).flatMap(([kind, rate]) =>
    dtype === "f16" || kind === "f32" ? [{ kind, rate }] : [],
  );
  const ceiling = Math.max(...arithmetic.map(([, { rate }]) => rate));
  const statedCeiling = Math.max(...stated.map(({ rate }) => rate));
  const ridge = memory === null || arithmetic.length === 0 ? [] : [ceiling / memory.rate, (2 * ceiling) / memory.rate];
  const x = logAxis("operations per byte", [...dots.map((dot) => dot.x), ...ridge], (value) => plain(value));
  const y = logAxis(
    "rate",
    [...dots.map((dot) => dot.y), ...arithmetic.map(([, { rate }]) => 1.3 * rate), ...stated.map(({ rate }) => rate)],
    arithmeticTick,
  );
  const marginLeft = leftMargin(y);
  const [across, down] = [WIDTH - marginLeft - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const decade = down / Math.log10(y.domain[1] / y.domain[0]);
  const labels = arithmetic.map(([kind, { rate }]) => ({
    kind,
    rate,
    text: `${ARITHMETIC_NAMES[kind]} ${arithmeticRate(rate)}`,
    // Above its line, or under it where another roof is so near above that it has no room there.
    isAbove: arithmetic.every(([, other]) => other.rate <= rate || decade * Math.log10(other.rate / rate) > LABEL_ROOM),
  }));
  // What the maker states lies just above the roof, where its label stands: the line ends where that begins.
  const beforeLabel = (stated: string): number => {
    const label = labels.find(({ kind, isAbove }) => kind === stated && isAbove)?.text ?? "";
    return x.domain[1] * (x.domain[0] / x.domain[1]) ** ((labelWidth(label) * LABEL_FONT) / FONT / across);
  };
  const lines: Line[] = [
    ...(memory === null ? [] : [{ points: memoryLine(memory.rate, Math.min(ceiling, y.domain[1]), x, y), isStated: false }]),
    ...arithmetic.map(([, { rate }]) => ({ points: levelLine(rate, memory?.rate ?? null, x), isStated: false })),
    ...(sheet === null
      ? []
      : [sheet.memory].map((rate) => ({
          points: memoryLine(rate, Math.min(Math.max(statedCeiling, ceiling), y.domain[1]), x, y),
          isStated: true,
        }))),
    ...stated.map(({ kind, rate }) => ({ points: levelLine(rate, sheet?.memory ?? null, x, beforeLabel(kind)), isStated: true })),
  ];
  const angle = Math.atan2(decade, across / Math.log10(x.domain[1] / x.domain[0]));
  // Clear of the line at a right angle to it, and of the datasheet's line beside it.
  const clearance = (sheet === null ? 10 : 15) / Math.cos(angle);
  const [low, high] = lines[0]?.points ?? [];
  const middle =
    memory === null || low === undefined || high === undefined ? [] : [{ x: Math.sqrt(low.x * high.x), y: Math.sqrt(low.y * high.y) }];
  const halo = { fontSize: LABEL_FONT, stroke: "var(--paper)", strokeWidth: 3, fill: "currentColor" } as const;
  const dotsOf = (isCold: boolean, isFastest: boolean): Plot.Markish =>
    Plot.dot(
      dots.filter((dot) => dot.isCold === isCold && dot.isFastest === isFastest),
      {
        x: "x",
        y: "y",
        symbol: isCold ? "circle" : "diamond",
        r: isCold ? 3 : 3.5,
        ...(isCold
          ? { fill: ({ group }: Dot) => seriesColor(group), stroke: "var(--paper)", strokeWidth: 0.75 }
          : { stroke: ({ group }: Dot) => seriesColor(group), strokeWidth: 1.5, fill: "var(--paper)" }),
        opacity: isFastest ? 1 : 0.3,
        title: "title",
      },
    );
  return figure(
    charts,
    {
      title: `How far from the roof, ${dtype}`,
      caption:
        "Each dot is a kernel at one shape; a roof is the best that a kernel made only to reach it did here. Cold kernels are held against both roofs, hot ones against arithmetic alone: data in a cache may come faster than memory.",
      description: description(dots, figures, dtype),
    },
    {
      height: HEIGHT,
      marginLeft,
      marginRight: MARGIN.right,
      marginTop: MARGIN.top,
      marginBottom: MARGIN.bottom,
      x: scaleOf(x),
      y: scaleOf(y),
      color: { type: "identity" },
      marks: [
        Plot.gridX([...x.ticks]),
        ...axisMarks(x, y),
        ...lines.map(({ points, isStated }) =>
          Plot.line([...points], {
            x: "x",
            y: "y",
            stroke: "currentColor",
            strokeWidth: isStated ? 1 : 1.75,
            ...(isStated ? { strokeDasharray: "2 3" } : {}),
          }),
        ),
        dotsOf(false, false),
        dotsOf(true, false),
        dotsOf(false, true),
        dotsOf(true, true),
        ...(memory === null
          ? []
          : [
              Plot.text(middle, {
                ...halo,
                x: "x",
                y: "y",
                text: () => `memory ${bandwidth(memory.rate)}`,
                rotate: (-180 / Math.PI) * angle,
                dy: -clearance,
              }),
            ]),
        ...[true, false].map((isAbove) =>
          Plot.text(
            labels.filter((label) => label.isAbove === isAbove),
            { ...halo, x: () => x.domain[1], y: "rate", text: "text", textAnchor: "end", dy: isAbove ? -8 : 10 },
          ),
        ),
      ],
    },
    legend(dots, sheet !== null),
  );
};

/** The roofline of each element type: what kernels reach, by how much they compute on each byte that they move. */
export const rooflineCharts = (charts: Charts, profile: Profile): Html[] => {
  const roofs = roofsOf(profile);
  if (roofs.memory === null && arithmeticRoofs(roofs).length === 0) return [];
  const plotted = kernelFigures(profile, roofs).filter((own) => !isRoof(own) && own.rate > 0 && !own.isBelowClock && groupOf(own) >= 0);
  return (["f32", "f16"] as const).flatMap((dtype) => {
    const figures = plotted.filter(({ measurement }) => measurement.dtype === dtype);
    return figures.length === 0 ? [] : [rooflineChart(charts, profile, roofs, figures, dtype)];
  });
};
