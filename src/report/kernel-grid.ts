import { groupBy } from "../stats/group-by.ts";
import { type KernelFigure, shapeName } from "./kernel-figures.ts";

/** The kernels of one family, element type and state of the caches laid out by the sizes that vary: the first across, the others down. */
export interface KernelGrid {
  readonly family: string;
  readonly dtype: string;
  readonly cache: string;
  /** Sizes that are the same for all, as text. */
  readonly constant: string;
  /** Name of the size across; empty where nothing varies. */
  readonly across: string;
  readonly columns: readonly number[];
  /** Names of the sizes down. */
  readonly down: string;
  readonly rows: readonly { readonly name: string; readonly cells: readonly (KernelFigure | undefined)[] }[];
  /** Variants in the grid, without the family, in the order they first appear. */
  readonly variants: readonly string[];
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Smaller sizes first, the first named counting most. */
const bySizes = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>, names: readonly string[]): number =>
  names.map((name) => (a[name] ?? 0) - (b[name] ?? 0)).find((difference) => difference !== 0) ?? 0;

export const kernelGrids = (figures: readonly KernelFigure[]): KernelGrid[] =>
  [...groupBy(figures, ({ measurement: { family, dtype, cache } }) => `${family} ${dtype} ${cache}`).values()].map((members) => {
    const { family = "", dtype = "", cache = "" } = members[0]?.measurement ?? {};
    const shapes = members.map(({ measurement }) => measurement.shape);
    const names = distinct(shapes.flatMap((shape) => Object.keys(shape)));
    const varying = names.filter((name) => distinct(shapes.map((shape) => shape[name])).length > 1);
    const [across = "", ...down] = varying;
    const only = (shape: Readonly<Record<string, number>>, keep: readonly string[]): Record<string, number> =>
      Object.fromEntries(Object.entries(shape).filter(([name]) => keep.includes(name)));
    const rowName = (shape: Readonly<Record<string, number>>): string => Object.values(only(shape, down)).map(String).join(" × ");
    const columns = across === "" ? [0] : distinct(shapes.map((shape) => shape[across] ?? 0)).sort((a, b) => a - b);
    return {
      family,
      dtype,
      cache,
      constant: shapeName(
        only(
          shapes[0] ?? {},
          names.filter((name) => !varying.includes(name)),
        ),
      ),
      across: across.replaceAll("_", " "),
      columns,
      down: down.join(" × ").replaceAll("_", " "),
      rows: distinct(shapes.toSorted((a, b) => bySizes(a, b, down)).map(rowName)).map((name) => ({
        name,
        cells: columns.map((column) =>
          members.find(({ measurement: { shape } }) => rowName(shape) === name && (across === "" || shape[across] === column)),
        ),
      })),
      variants: distinct(members.map(({ measurement }) => measurement.variant.replace(`${family}/`, ""))),
    };
  });
