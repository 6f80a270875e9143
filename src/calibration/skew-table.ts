import { InputError } from "../errors.ts";
import type { TableLine } from "./table-line.ts";
import type { Skew } from "./step-curve.ts";

/** The axes of a skew fit as its `meta.yaml` states them, of those bins that a cell is named by. */
export interface SkewAxes {
  readonly n_bins: readonly number[];
  readonly n_labels: readonly string[];
  readonly skew_rate_bins: readonly number[];
  readonly skew_rate_labels: readonly string[];
  readonly kv_big_bins: readonly number[];
  readonly kv_big_labels: readonly string[];
  readonly kp_bins: readonly number[];
  readonly kp_labels: readonly string[];
}

/**
 * The correction for uneven contexts from a table of cells.
 *
 * A cell's alpha is where the measured time lay between that of the mean context (0) and that of the longest (1). Few samples stand
 * behind each, so that some lie outside; they are brought into 0 to 1, since no batch is faster than an even one of as many keys by
 * anything but noise, nor slower than one that has the longest context throughout.
 *
 * @throws InputError where a line names a cell that the axes do not have
 */
export const skewTable = (lines: readonly TableLine[], axes: SkewAxes, alphaDefault: number): Skew => ({
  default_share: clamp(alphaDefault),
  // The file's bins say where each begins, too; the first beginning and the last end are open.
  mean_of_longest: axes.skew_rate_bins.slice(1, -1),
  longest: axes.kv_big_bins.slice(1, -1),
  cached: axes.kp_bins.slice(1, -1),
  cells: lines.map((line) => {
    const { place, fields } = line;
    const bin = (name: string, labels: readonly string[]): number => {
      const at = labels.indexOf(fields[name] ?? "");
      if (at >= 0) return at;
      throw new InputError(
        `${place}: ${name}`,
        `expected one of ${labels.join(", ")}, got ${JSON.stringify(fields[name] ?? "")}`,
        NEXT_STEP,
      );
    };
    const number = (name: string): number => {
      const value = Number(fields[name]);
      if ((fields[name] ?? "").trim() !== "" && Number.isFinite(value)) return value;
      throw new InputError(`${place}: ${name}`, `expected a number, got ${JSON.stringify(fields[name] ?? "")}`, NEXT_STEP);
    };
    const n = bin("n_label", axes.n_labels);
    return {
      chunk: number("pc"),
      // A bin of sequences holds one profiled number, its upper edge; the open one at the end stands right behind the last.
      sequences: n === axes.n_labels.length - 1 ? axes.n_bins[n]! + 1 : axes.n_bins[n + 1]!,
      bins: [bin("skew_rate_label", axes.skew_rate_labels), bin("kv_big_label", axes.kv_big_labels), bin("kp_label", axes.kp_labels)],
      share: clamp(number("alpha")),
    };
  }),
});

const NEXT_STEP = "Take table and meta.yaml from one and the same profile.";
const clamp = (share: number): number => Math.min(1, Math.max(0, share));
