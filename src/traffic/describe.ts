import { toSeconds, type Seconds, type Tokens } from "../units.ts";
import { ArrivalBins, type Burstiness } from "./arrival-bins.ts";
import { PrefixTree, type PrefixReuse } from "./prefix-tree.ts";
import type { FollowUp, Request, Work } from "./request.ts";
import { RateTimeline } from "./rate-timeline.ts";
import { TokenCounts } from "./token-counts.ts";
import { Unroller } from "./unroller.ts";

/** How traffic looks: how much, how uneven, how long its requests are, and what they have in common. */
export interface TrafficDescription {
  /** Those that a session sends later included. */
  readonly requests: number;
  /** From the first to the last arrival. */
  readonly span: Seconds;
  /** Requests per second over that span; null where all arrive at one instant. */
  readonly rate: number | null;
  readonly in10s: Burstiness | null;
  readonly in60s: Burstiness | null;
  /** Requests per second over time. */
  readonly timeline: { readonly window: Seconds; readonly rates: readonly number[] };
  readonly promptTokens: LengthSummary;
  readonly outputTokens: LengthSummary;
  /** Null where no prompt says what it is made of. */
  readonly prefixes: PrefixReuse | null;
  /** Null where no request waits for another. */
  readonly sessions: SessionSummary | null;
  /** Requests by priority, the lowest number first; null where all have the same. */
  readonly priorities: readonly { readonly priority: number; readonly requests: number }[] | null;
}

export interface LengthSummary {
  readonly p50: Tokens;
  readonly p90: Tokens;
  readonly p99: Tokens;
  readonly max: Tokens;
  readonly mean: Tokens;
  readonly total: Tokens;
  /** At every hundredth from 0 to 1: what a plot of the distribution needs. */
  readonly percentiles: readonly Tokens[];
}

export interface SessionSummary {
  readonly sessions: number;
  /** Requests of a session. */
  readonly turns: { readonly p50: number; readonly p90: number; readonly max: number };
  readonly thinkTime: { readonly p50: Seconds; readonly p90: Seconds; readonly p99: Seconds } | null;
}

/** Think times are counted in hundredths of a second. */
const THINK_STEP = 1e7;

/**
 * Describes traffic in one pass, whose memory does not grow with the number of requests: lengths are counted, arrivals put into bins. Only the
 * distinct prefixes are kept, up to a limit. Percentiles of lengths are exact.
 *
 * When a session's later requests arrive depends on an engine, which nobody knows here: they are taken as if every answer came at once, so that
 * only think times lie between them.
 */
export class TrafficDescriber {
  readonly #prompts = new TokenCounts();
  readonly #outputs = new TokenCounts();
  readonly #bins10 = new ArrivalBins(10);
  readonly #bins60 = new ArrivalBins(60);
  readonly #timeline = new RateTimeline();
  readonly #prefixes = new PrefixTree();
  readonly #turns = new TokenCounts();
  readonly #thinks = new TokenCounts();
  readonly #priorities = new Map<number, number>();
  readonly #unroller = new Unroller();
  #first = 0;
  #last = 0;
  #sessions = 0;

  get isEmpty(): boolean {
    return this.#sessions === 0;
  }

  /** @param request not earlier than the one before it */
  add(request: Request): void {
    this.#addSession(request);
    for (const due of this.#unroller.until(request)) this.#arrive(due);
  }

  #arrive(request: Request): void {
    const { arrivedAt, promptTokens, outputTokens, priority = 0 } = request;
    if (this.#prompts.count === 0) this.#first = arrivedAt;
    this.#last = arrivedAt;
    const at = toSeconds(arrivedAt - this.#first);
    this.#prompts.add(promptTokens);
    this.#outputs.add(outputTokens);
    this.#bins10.add(at);
    this.#bins60.add(at);
    this.#timeline.add(at);
    this.#prefixes.add(request);
    if (priority !== 0 || this.#priorities.size > 0) this.#priorities.set(priority, (this.#priorities.get(priority) ?? 0) + 1);
  }

  /** Requests of nobody's session count as sessions of one. */
  #addSession(first: Work): void {
    this.#sessions += 1;
    let turns = 1;
    for (let turn: FollowUp | undefined = first.next; turn !== undefined; turn = turn.next) {
      turns += 1;
      this.#thinks.add(Math.floor(turn.thinkTime / THINK_STEP + 0.5));
    }
    this.#turns.add(turns);
  }

  /** What has been added: at least one request. Nothing can be added after it. */
  description(): TrafficDescription {
    for (const due of this.#unroller.rest()) this.#arrive(due);
    const span = toSeconds(this.#last - this.#first);
    const requests = this.#prompts.count;
    return {
      requests,
      span,
      rate: span > 0 ? requests / span : null,
      in10s: this.#bins10.burstinessOrNull(span),
      in60s: this.#bins60.burstinessOrNull(span),
      timeline: this.#timeline.rates(span),
      promptTokens: summary(this.#prompts),
      outputTokens: summary(this.#outputs),
      prefixes: this.#prefixes.reuseOrNull(),
      sessions: this.#sessionsOrNull(),
      priorities: this.#prioritiesOrNull(requests),
    };
  }

  #sessionsOrNull(): SessionSummary | null {
    const turns = this.#turns;
    if (turns.max <= 1) return null;
    const thinks = this.#thinks;
    const seconds = (share: number): Seconds => toSeconds(thinks.percentile(share) * THINK_STEP);
    return {
      sessions: this.#sessions,
      turns: { p50: turns.percentile(0.5), p90: turns.percentile(0.9), max: turns.max },
      thinkTime: thinks.count === 0 ? null : { p50: seconds(0.5), p90: seconds(0.9), p99: seconds(0.99) },
    };
  }

  #prioritiesOrNull(requests: number): { priority: number; requests: number }[] | null {
    const named = [...this.#priorities.values()].reduce((sum, count) => sum + count, 0);
    if (this.#priorities.size === 0) return null;
    // Requests before the first with a priority were not counted: they have 0.
    const counts = new Map(this.#priorities).set(0, (this.#priorities.get(0) ?? 0) + requests - named);
    const found = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
    return found.map(([priority, count]) => ({ priority, requests: count }));
  }
}

const HUNDREDTHS = Array.from({ length: 101 }, (_, i) => i / 100);

const summary = (counts: TokenCounts): LengthSummary => ({
  p50: counts.percentile(0.5),
  p90: counts.percentile(0.9),
  p99: counts.percentile(0.99),
  max: counts.max,
  mean: counts.total / counts.count,
  total: counts.total,
  percentiles: counts.percentiles(HUNDREDTHS),
});

/** @param requests in order of arrival, at least one */
export const describeTraffic = (requests: Iterable<Request>): TrafficDescription => {
  const describer = new TrafficDescriber();
  for (const request of requests) describer.add(request);
  return describer.description();
};
