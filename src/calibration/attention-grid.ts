import { groupBy } from "../stats/group-by.ts";
import type { Seconds } from "../units.ts";
import { Axis } from "./axis.ts";
import type { AttentionRows } from "./step-curve.ts";

/** Attention of a step with so many prefill tokens behind so many cached keys, and sequences that decode at one context. */
export type AttentionSeconds = (chunk: number, cached: number, sequences: number, context: number) => Seconds;

interface Row {
  readonly cached: number;
  readonly sequences: number;
  readonly context: number;
  readonly seconds: Seconds;
}

/** Values at rising points, at least one. */
type Line = readonly (readonly [at: number, seconds: Seconds])[];

/**
 * Attention rows as a function: linear in each of chunk, cached keys, sequences and context, between the points that were measured.
 *
 * Chunks may have their own cached keys, and those their own contexts. All are brought to the union of the axes first, which changes
 * no value: a line through points is the same line with more points on it. Above the last point of an axis its last slope goes on,
 * and never falls.
 *
 * @param rows complete, as `layerTables` checks: of one chunk and one number of cached keys every number of sequences has the same contexts
 */
export const compileAttention = (rows: AttentionRows): AttentionSeconds => {
  const byChunk = groupBy(rows.seconds.keys(), (i) => rows.chunk[i]!);
  const chunkAxis = new Axis(rising(byChunk.keys()));
  const cachedAxis = new Axis(rising([0, ...rows.cached]));
  const sequencesAxis = new Axis(rising([0, ...rows.sequences]));
  const contextAxis = new Axis(rising([1, ...rows.context.filter((_, i) => rows.sequences[i]! > 0)]));
  const [cachedSize, sequencesSize, contextSize] = [cachedAxis, sequencesAxis, contextAxis].map(({ points }) => points.length) as [
    number,
    number,
    number,
  ];
  const sequencesStride = contextSize;
  const cachedStride = sequencesStride * sequencesSize;
  const chunkStride = cachedStride * cachedSize;
  const grid = new Float64Array(chunkStride * chunkAxis.points.length);
  chunkAxis.points.forEach((chunk, c) => {
    const own = (byChunk.get(chunk) ?? []).map((i): Row => ({
      cached: rows.cached[i]!,
      sequences: rows.sequences[i]!,
      context: rows.context[i]!,
      seconds: rows.seconds[i]!,
    }));
    fillChunk(own, { cachedAxis, sequencesAxis, contextAxis }, (cached, sequences, context, seconds) => {
      grid[c * chunkStride + cached * cachedStride + sequences * sequencesStride + context] = seconds;
    });
  });

  const plane = (base: number, sequencesAt: number, contextAt: number, v: number, w: number): Seconds => {
    const low = base + sequencesAt * sequencesStride + contextAt;
    const high = low + (v === 0 ? 0 : sequencesStride);
    const step = w === 0 ? 0 : 1;
    const atLow = grid[low]! + (grid[low + step]! - grid[low]!) * w;
    return atLow + (grid[high]! + (grid[high + step]! - grid[high]!) * w - atLow) * v;
  };
  const slab = (base: number, u: number, n: number, k: number, v: number, w: number): Seconds => {
    const near = plane(base, n, k, v, w);
    return u === 0 ? near : near + (plane(base + cachedStride, n, k, v, w) - near) * u;
  };
  const volume: AttentionSeconds = (chunk, cached, sequences, context) => {
    const n = sequencesAxis.below(sequences);
    const v = sequencesAxis.weight(n, sequences);
    const k = contextAxis.below(context);
    const w = contextAxis.weight(k, context);
    if (chunk === 0) return plane(0, n, k, v, w);
    const c = chunkAxis.below(chunk);
    const t = chunkAxis.weight(c, chunk);
    const p = cachedAxis.below(cached);
    const u = cachedAxis.weight(p, cached);
    const base = c * chunkStride + p * cachedStride;
    const low = slab(base, u, n, k, v, w);
    return t === 0 ? low : low + (slab(base + chunkStride, u, n, k, v, w) - low) * t;
  };
  const within: AttentionSeconds = (chunk, cached, sequences, context) =>
    volume(
      Math.min(chunk, chunkAxis.end),
      Math.min(cached, cachedAxis.end),
      Math.min(sequences, sequencesAxis.end),
      Math.min(context, contextAxis.end),
    );
  return (chunk, cached, sequences, context) => {
    const seconds = volume(chunk, cached, sequences, context);
    return chunk > chunkAxis.end || cached > cachedAxis.end || sequences > sequencesAxis.end || context > contextAxis.end
      ? Math.max(seconds, within(chunk, cached, sequences, context))
      : seconds;
  };
};

interface Axes {
  readonly cachedAxis: Axis;
  readonly sequencesAxis: Axis;
  readonly contextAxis: Axis;
}

/** The values of one chunk at every point of the shared axes. */
const fillChunk = (
  rows: readonly Row[],
  { cachedAxis, sequencesAxis, contextAxis }: Axes,
  set: (cached: number, sequences: number, context: number, seconds: Seconds) => void,
): void => {
  const byCached = groupBy(rows, ({ cached }) => cached);
  const cachedHere = rising(byCached.keys());
  const most = Math.max(...rows.map(({ sequences }) => sequences));
  /** By cached keys measured for this chunk: a plane over the shared contexts and sequences, and up to how many of these it reaches. */
  const planes = cachedHere.map((cached) => {
    const bySequences = groupBy(byCached.get(cached) ?? [], ({ sequences }) => sequences);
    const counts = rising(bySequences.keys());
    const lines = counts.map((sequences): Line =>
      rising((bySequences.get(sequences) ?? []).map(({ context }) => context)).map((context) => [
        context,
        bySequences.get(sequences)?.find((row) => row.context === context)?.seconds ?? 0,
      ]),
    );
    const values = Array.from(contextAxis.points, (context) => {
      const bySequencesHere = counts.map((sequences, i) => [sequences, onLine(lines[i]!, context)] as const);
      // Without prefill tokens no sequence is no work; a chunk's own row has what it takes alone.
      const line: Line = counts[0] === 0 ? bySequencesHere : [[0, 0], ...bySequencesHere];
      return Array.from(sequencesAxis.points, (sequences) => onLine(line, sequences));
    });
    return { cached, reach: counts.at(-1) ?? 0, values };
  });
  cachedAxis.points.forEach((cached, p) => {
    contextAxis.points.forEach((_, k) => {
      sequencesAxis.points.forEach((_, n) => {
        // A plane says nothing of more sequences than it was measured with, while others of this chunk do.
        const reached = Math.min(most, sequencesAxis.points[n]!);
        const line: Line = planes.filter(({ reach }) => reach >= reached).map(({ cached: at, values }) => [at, values[k]![n]!]);
        set(p, n, k, onLine(line, cached));
      });
    });
  });
};

/** Linear between points, the first value below them, the last slope above. */
const onLine = (line: Line, x: number): Seconds => {
  const first = line[0]!;
  if (line.length === 1 || x <= first[0]) return first[1];
  let right = 1;
  while (right < line.length - 1 && line[right]![0] < x) right += 1;
  const [a, from] = line[right - 1]!;
  const [b, to] = line[right]!;
  if (x === b) return to;
  const seconds = from + ((to - from) * (x - a)) / (b - a);
  return x > b ? Math.max(seconds, to) : seconds;
};

/** Distinct values in rising order. */
export const rising = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b);
