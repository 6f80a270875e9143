import { rising } from "./attention-grid.ts";
import { Axis } from "./axis.ts";
import type { Skew } from "./step-curve.ts";

/** The share of the way from the mean context's time to the longest context's, 0 to 1. */
export type SkewShare = (chunk: number, cached: number, sequences: number, mean: number, longest: number) => number;

/**
 * The correction for uneven contexts as a function: linear in chunk and sequences between the points measured, by bin in the rest.
 *
 * The mean is taken as a share of the longest context. One sequence has no other to be uneven with.
 */
export const compileSkew = (skew: Skew | null): SkewShare => {
  if (skew === null) return () => 0;
  const chunkAxis = new Axis(rising([0, ...skew.cells.map(({ chunk }) => chunk)]));
  const sequencesAxis = new Axis(rising([1, ...skew.cells.map(({ sequences }) => sequences)]));
  const sizes = [skew.mean_of_longest, skew.longest, skew.cached].map((edges) => edges.length + 1) as [number, number, number];
  const bins = sizes[0] * sizes[1] * sizes[2];
  const sequencesSize = sequencesAxis.points.length;
  const shares = new Float64Array(chunkAxis.points.length * sequencesSize * bins).fill(skew.default_share);
  for (const { chunk, sequences, bins: bin, share } of skew.cells) {
    const at = chunkAxis.points.indexOf(chunk) * sequencesSize + sequencesAxis.points.indexOf(sequences);
    shares[at * bins + (bin[0] * sizes[1] + bin[1]) * sizes[2] + bin[2]] = share;
  }
  const ofLongest = Float64Array.from(skew.mean_of_longest);
  const longestEdges = Float64Array.from(skew.longest);
  const cachedEdges = Float64Array.from(skew.cached);
  const along = (at: number, v: number, bin: number): number => {
    const from = shares[at * bins + bin]!;
    return v === 0 ? from : from + (shares[(at + 1) * bins + bin]! - from) * v;
  };
  return (chunk, cached, sequences, mean, longest) => {
    if (sequences < 2) return 0;
    const bin = (binOf(ofLongest, mean / longest) * sizes[1] + binOf(longestEdges, longest)) * sizes[2];
    const c = chunkAxis.below(chunk);
    const t = Math.min(1, chunkAxis.weight(c, chunk));
    const n = sequencesAxis.below(sequences);
    const v = Math.min(1, sequencesAxis.weight(n, sequences));
    // A step that only decodes has nothing cached in front of a chunk.
    const cachedBin = binOf(cachedEdges, cached);
    const low = along(c * sequencesSize + n, v, bin + (chunkAxis.points[c] === 0 ? 0 : cachedBin));
    return t === 0 ? low : low + (along((c + 1) * sequencesSize + n, v, bin + cachedBin) - low) * t;
  };
};

/** The first bin whose edge is not below the value; the one behind the last edge where none is. */
const binOf = (edges: Float64Array, value: number): number => {
  let bin = 0;
  while (bin < edges.length && value > edges[bin]!) bin += 1;
  return bin;
};
