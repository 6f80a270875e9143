import type { CheckedPoint } from "../calibration/held-out.ts";
import { change, duration } from "../format.ts";
import { compositeName } from "./device-model-sentences.ts";
import { type Cell, type Column, left, right } from "./layout.ts";

const off = ({ predicted_s, measured_s }: CheckedPoint): number => (predicted_s - measured_s) / measured_s;

/** Predicted and measured steps, the furthest off first. */
export const worstFirst = (points: readonly CheckedPoint[]): (CheckedPoint & { readonly off: number })[] =>
  points.map((point) => ({ ...point, off: off(point) })).sort((a, b) => Math.abs(b.off) - Math.abs(a.off));

/** The same as rows of a terminal's table. */
export const heldOutRows = {
  columns: [left("composite step"), right("predicted"), right("measured"), right("off")] satisfies Column[],
  of: (points: readonly CheckedPoint[], most = Infinity): Cell[][] =>
    worstFirst(points)
      .slice(0, most)
      .map((point) => [compositeName(point.id), duration(point.predicted_s), duration(point.measured_s), change(point.off)]),
};
