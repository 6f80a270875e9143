import type { Request } from "../traffic/request.ts";
import { toSeconds } from "../units.ts";
import type { Nanoseconds } from "../units.ts";
import type { RequestRecord, SimulationConfig } from "./config.ts";
import { compareWaits, firstTokens, waitOrNull } from "./first-tokens.ts";
import type { Churn, ChurnPrice, ScaleEvent } from "./run.ts";
import type { Scaling } from "./scaling.ts";
import { requestKey, Simulation } from "./simulation.ts";

/**
 * The fleet with the same decisions, each carried out as if it cost nothing: a replica that comes is ready at once and its prefix cache is
 * warm; nothing stands by. One that goes drains, as it does in the run.
 *
 * It is kept beside the run, so that of each request's wait only the difference is remembered.
 */
export class CostlessTwin {
  private readonly simulation: Simulation;
  /** How many of the run's changes it knows of. */
  private known = 0;
  /** Waits of requests that have left on one side only (null: they have failed, or are never sent), and what the others differ by. */
  private readonly own = new Map<string, Nanoseconds | null>();
  private readonly other = new Map<string, Nanoseconds | null>();
  private later: Nanoseconds = 0;

  constructor(config: SimulationConfig) {
    const { startUp: _, ...costless } = config;
    this.simulation = new Simulation(costless).fork((record) => this.left(record, this.other, this.own, -1));
  }

  /** A request has left the run. */
  leftRun(record: RequestRecord): void {
    this.left(record, this.own, this.other, 1);
  }

  /** Tells it what the run's autoscaler has decided, all of it so far. */
  tell(scalings: readonly Scaling[]): void {
    for (; this.known < scalings.length; this.known += 1) {
      const { at, from, to, because } = scalings[this.known]!;
      this.simulation.plan(at, to - from, because, true);
    }
  }

  advanceTo(time: Nanoseconds): void {
    this.simulation.advanceTo(time);
  }

  feed(request: Request): void {
    this.simulation.feed(request);
  }

  /** What the run has cost more than this, both up to an instant that has been reached. */
  priceOf(run: Simulation, end: Nanoseconds): ChurnPrice {
    const done = run.readingAt(end);
    const without = this.simulation.readingAt(end);
    const { later } = compareWaits(firstTokens(this.own, run, end), firstTokens(this.other, this.simulation, end));
    return {
      unready_gpu_s: done.unready_s - without.unready_s,
      gpu_s: done.paid_s - without.paid_s,
      request_s: done.inSystem_s - without.inSystem_s,
      ttft_s: toSeconds(this.later + later),
      requests_failed: done.failed - without.failed,
    };
  }

  /** How many requests have left on one side and not on the other. */
  get unmatched(): number {
    return this.own.size + this.other.size;
  }

  /** A request has left one side, and with it, where it failed, all that would have followed in its session. */
  private left(record: RequestRecord, here: Left, there: Left, sign: 1 | -1): void {
    const { origin, turn, notSent } = record;
    const wait = waitOrNull(record);
    for (let i = 0; i <= notSent; i += 1) {
      const key = requestKey(origin, turn + i);
      const elsewhere = there.get(key);
      if (elsewhere === undefined) here.set(key, wait);
      else {
        there.delete(key);
        if (wait !== null && elsewhere !== null) this.later += sign * (wait - elsewhere);
      }
    }
  }
}

type Left = Map<string, Nanoseconds | null>;

const NOTHING: ChurnPrice = { unready_gpu_s: 0, gpu_s: 0, request_s: 0, ttft_s: 0, requests_failed: 0 };

const plus = (a: ChurnPrice, b: ChurnPrice, times = 1): ChurnPrice => ({
  unready_gpu_s: a.unready_gpu_s + times * b.unready_gpu_s,
  gpu_s: a.gpu_s + times * b.gpu_s,
  request_s: a.request_s + times * b.request_s,
  ttft_s: a.ttft_s + times * b.ttft_s,
  requests_failed: (a.requests_failed ?? 0) + times * (b.requests_failed ?? 0),
});

/**
 * The cost of all changes together, beside the sum of what each costs by itself.
 *
 * Those that were drawn stand for the others that are not among the largest, as many times as there are of them for each drawn. What is
 * left is interaction: what changes cost together and not alone, what a single price's horizon does not see, and a warm pool's own cost.
 *
 * @param isSampled of each event that was to be priced, whether it was drawn
 */
export const churnOf = (
  total: ChurnPrice,
  until: Nanoseconds,
  events: readonly ScaleEvent[],
  isSampled: ReadonlyMap<number, boolean>,
): Churn => {
  const of = (sampled: boolean): number[] => [...isSampled].filter(([, drawn]) => drawn === sampled).map(([index]) => index);
  const [exact, drawn] = [of(false), of(true)];
  const sum = (indices: readonly number[]): ChurnPrice =>
    indices.reduce((soFar, index) => plus(soFar, events[index]?.price?.churn ?? NOTHING), NOTHING);
  const stoodFor = events.length - exact.length;
  const single = plus(sum(exact), sum(drawn), drawn.length === 0 ? 0 : stoodFor / drawn.length);
  return {
    until_s: toSeconds(until),
    total,
    single,
    interaction: plus(total, single, -1),
    events_exact: exact.length,
    events_sampled: drawn.length,
    events_not_priced: stoodFor - drawn.length,
  };
};
