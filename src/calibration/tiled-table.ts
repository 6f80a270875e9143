import type { Seconds } from "../units.ts";
import type { Table } from "./device-model.ts";
import { tableOf, tableSeconds } from "./table.ts";

/** A measured time, and how many tokens its kernel computes where some are asked for: its tiles are computed whole. */
export interface TiledPoint {
  readonly tokens: number;
  readonly seconds: Seconds;
  computed(tokens: number): number;
}

/** A tile that is less than this share of its token count is a step too small to keep: the table is straight there. */
const SMALLEST_STEP = 1 / 64;

/**
 * A table of times that rise in steps: one more token costs nothing until it needs another tile.
 *
 * Between two measured token counts the time is linear in the tokens computed, tiles of the later point's kernel, not in the tokens
 * asked for. A straight line between measurements of full tiles would predict everything between them too fast.
 *
 * @param points any order, at least one; of several at one token count the fastest counts
 */
export const tiledTable = (points: readonly TiledPoint[]): Table => {
  const fastest = new Map<number, TiledPoint>();
  for (const point of points) {
    if (point.seconds < (fastest.get(point.tokens)?.seconds ?? Infinity)) fastest.set(point.tokens, point);
  }
  const sorted = [...fastest.values()].sort((a, b) => a.tokens - b.tokens);
  const byComputed = tableOf(sorted.map(({ tokens, seconds, computed }) => [computed(tokens), seconds]));
  const steps: [tokens: number, seconds: Seconds][] = [];
  sorted.forEach(({ tokens, computed }, i) => {
    const before = sorted[i - 1]?.tokens ?? tokens - 1;
    for (let first = before + 1; first <= tokens;) {
      const whole = computed(first);
      const tile = computed(whole + 1) - whole;
      const isStraight = tile <= 1 || tile < SMALLEST_STEP * tokens;
      const last = isStraight ? tokens : Math.min(whole, tokens);
      const time = (at: number) => tableSeconds(byComputed, computed(at));
      if (!isStraight) steps.push([first, time(first)]);
      steps.push([last, time(last)]);
      first = last + 1;
    }
  });
  return tableOf(steps);
};
