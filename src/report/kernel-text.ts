import type { Shape } from "../../kernels/kernel.ts";
import { arithmeticRate, bandwidth, duration, NONE, percent } from "../format.ts";
import { binding, type Roofs } from "../profile/roofline.ts";
import { type KernelFigure, shapeName } from "./kernel-figures.ts";
import type { KernelGrid } from "./kernel-grid.ts";
import { type Cell, left, right, type Style, table, wrap } from "./layout.ts";

/** Half the median's 95 % interval, in whole percent and never less than it is. */
const noiseText = ({ noise }: KernelFigure): string => `±${Math.ceil(noise * 100)} %`;

/** A family's fastest kernels as a grid, its shorter side across, since a terminal is narrow. A letter names the variant. */
export const gridLines = (grid: KernelGrid, roofs: Roofs, style: Style): string[] => {
  const hasLetters = grid.variants.length > 1;
  const letterOf = (variant: string): string => String.fromCharCode("a".charCodeAt(0) + grid.variants.indexOf(variant));
  const cell = (figure: KernelFigure): Cell => {
    const isMemory = figure.rate === 0 || binding(figure.measurement, roofs) === "memory";
    const rate = isMemory ? bandwidth(figure.bandwidth) : arithmeticRate(figure.rate);
    const letter = hasLetters ? ` ${letterOf(figure.measurement.variant.replace(`${grid.family}/`, ""))}` : "";
    const value = `${rate}${letter} ${noiseText(figure)}`;
    return figure.isBelowClock ? { text: `${value} !`, tone: "bad" } : value;
  };
  const variants = grid.variants.map((variant) => (hasLetters ? `${letterOf(variant)} ${variant}` : variant));
  return [...wrap(`${gridName(grid)}: ${variants.join(", ")}`, "      ", undefined, "    "), ...laidOut(grid, cell, style), ""];
};

/** The same kernels with their shares of the roof that binds each: m for memory, a for arithmetic. Nothing where none has a share. */
export const shareGridLines = (grid: KernelGrid, style: Style): string[] => {
  const cell = ({ share }: KernelFigure): Cell => (share.kind === "judged" ? `${percent(share.share)} ${share.binding.charAt(0)}` : NONE);
  const hasShare = grid.rows.some(({ cells }) => cells.some((figure) => figure?.share.kind === "judged"));
  return hasShare ? ["", ...wrap(gridName(grid), "      ", undefined, "    "), ...laidOut(grid, cell, style)] : [];
};

const gridName = ({ family, dtype, cache, constant }: KernelGrid): string =>
  `${family}, ${dtype}, ${cache}${constant === "" ? "" : ` (${constant})`}`;

const laidOut = (grid: KernelGrid, shown: (figure: KernelFigure) => Cell, style: Style): string[] => {
  const cell = (figure: KernelFigure | undefined): Cell => (figure === undefined ? NONE : shown(figure));
  const { rows, columns } = grid;
  return columns.length > rows.length
    ? table(
        [left(grid.across), ...rows.map(({ name }) => right(name === "" ? "" : `${grid.down} ${name}`))],
        columns.map((value, i): Cell[] => [String(value), ...rows.map(({ cells }) => cell(cells[i]))]),
        style,
        "      ",
      )
    : table(
        [left(grid.down), ...columns.map((value) => right(grid.across === "" ? "" : `${grid.across} ${value}`))],
        rows.map(({ name, cells }): Cell[] => [name, ...cells.map(cell)]),
        style,
        "      ",
      );
};

/** Whole decoder layers by the sizes that are not 0, with their time. */
export const compositeLines = (figures: readonly KernelFigure[], style: Style): string[] => {
  const [first, ...others] = figures.map(({ measurement }) => measurement.shape);
  if (first === undefined) return [];
  const isShared = (name: string): boolean => others.every((shape) => shape[name] === first[name]);
  const named = (shape: Shape, keeps: (name: string) => boolean): string =>
    shapeName(Object.fromEntries(Object.entries(shape).filter(([name, size]) => size > 0 && keeps(name))));
  const shared = figures.length === 1 ? "" : named(first, isShared);
  return [
    ...wrap(shared, "    "),
    ...table(
      [left("sizes"), left(""), right("time"), right("")],
      figures.map(({ measurement: { shape, dtype, cache }, seconds, noise }): Cell[] => [
        named(shape, (name) => figures.length === 1 || !isShared(name)),
        `${dtype}, ${cache}`,
        duration(seconds),
        { text: `±${percent(noise)}`, tone: "faint" },
      ]),
      style,
      "    ",
    ),
  ];
};
