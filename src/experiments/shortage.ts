import type { RequestRecord } from "../fleet/config.ts";
import type { Run } from "../fleet/run.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { toSeconds, type Seconds } from "../units.ts";
import { sumsOf } from "./windows.ts";

/** How long the windows are, and how long after one decoding is looked at. */
const WINDOWS: readonly Seconds[] = [30, 60, 120, 300];
const AFTER: readonly Seconds[] = [0, 10, 30];

/**
 * Requests that no routing, order or admission could have served within both objectives on the replicas of a run while they were ready, draining
 * included: a lower bound.
 *
 * Of the requests that arrive in a window, those that are good have all their prompts computed by the TTFT objective after its end; those of so
 * few output tokens that the TPOT objective has them end within a time `after` that, all their tokens. The replicas compute at most
 * `peak_tokens_per_s` each. So many requests as do not fit, the smallest taken first, have missed. Windows do not overlap; of several lengths and
 * times the one that finds most counts. What decodes cost above the best batch, and what earlier windows have left over, is not in it.
 */
export const surelyMissed = (run: Run, records: readonly RequestRecord[], { ttft_p99_s: ttft, tpot_p99_s: tpot }: Objectives): number => {
  const { peak_tokens_per_s: peak } = run;
  if (peak === undefined) return 0;
  const found = WINDOWS.flatMap((window) => {
    const byWindow = new Map<number, RequestRecord[]>();
    for (const record of records) {
      const index = Math.floor(toSeconds(record.arrivedAt) / window);
      const others = byWindow.get(index);
      if (others === undefined) byWindow.set(index, [record]);
      else others.push(record);
    }
    return AFTER.map((after) => {
      let missed = 0;
      for (const [index, arrived] of byWindow) {
        const from = index * window;
        const needs = arrived.map(({ promptTokens, outputTokens }) => {
          const decodes = outputTokens - 1;
          return promptTokens + (tpot * decodes <= after ? decodes : 0);
        });
        missed += excess(needs, peak * sumsOf(run, from, from + window + ttft + after).ready_s);
      }
      return missed;
    });
  });
  return Math.max(0, ...found);
};

/** How many do not fit, the smallest taken first. */
const excess = (needs: number[], room: number): number => {
  let left = room;
  let taken = 0;
  for (const need of needs.sort((a, b) => a - b)) {
    left -= need;
    if (left < 0) break;
    taken += 1;
  }
  return needs.length - taken;
};
