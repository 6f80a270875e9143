import type { Run } from "../fleet/run.ts";
import type { Seconds } from "../units.ts";

/** Sums over a part of a run. */
export interface Sums {
  /** Tokens computed, prefill and decode. */
  readonly tokens: number;
  /** Replica time ready, draining included. */
  readonly ready_s: Seconds;
  /** GPU time paid for, in all states. */
  readonly paid_gpu_s: Seconds;
  readonly busy_s: Seconds;
  /** Running requests over time. */
  readonly running_s: Seconds;
  readonly lookedUpTokens: number;
  readonly hitTokens: number;
}

/** What a run's timeline adds up to from one time to another: whole windows, those that begin within. */
export const sumsOf = ({ timeline, ended_at_s: ended, peak_tokens_per_s: peak = 0 }: Run, from: Seconds, to: Seconds): Sums => {
  const {
    window_s: window,
    replicas,
    useful_share: useful,
    paid_gpu_s: paid,
    running,
    looked_up_tokens: lookedUp,
    hit_rate: hits,
  } = timeline;
  const sums = { tokens: 0, ready_s: 0, paid_gpu_s: 0, busy_s: 0, running_s: 0, lookedUpTokens: 0, hitTokens: 0 };
  for (let i = Math.ceil(from / window); i * window < to && i < running.length; i += 1) {
    // The last window is as long as the run lasts in it.
    const length = Math.min(window, ended - i * window);
    // What drains is busy.
    const busy = length * ((replicas?.busy[i] ?? 0) + (replicas?.draining[i] ?? 0));
    const ready = busy + length * (replicas?.idle[i] ?? 0);
    sums.tokens += (useful?.[i] ?? 0) * peak * ready;
    sums.ready_s += ready;
    sums.paid_gpu_s += paid?.[i] ?? 0;
    sums.busy_s += busy;
    sums.running_s += length * running[i]!;
    sums.lookedUpTokens += lookedUp?.[i] ?? 0;
    sums.hitTokens += (lookedUp?.[i] ?? 0) * (hits?.[i] ?? 0);
  }
  return sums;
};

/** null where there is nothing to divide by. */
export const over = (above: number, below: number): number | null => (below > 0 ? above / below : null);
