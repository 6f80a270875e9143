import { requestStates } from "../replica/request-table.ts";
import type { RequestState, RequestTable } from "../replica/request-table.ts";
import { QuantileSketch } from "../stats/quantile-sketch.ts";
import type { FollowUp, Request } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import type { FailedState, FailureReason } from "./admission/failure.ts";
import type { RequestRecord } from "./config.ts";
import type { ScaleEffects } from "./scale-effects.ts";

/** Requests up to which a run's percentiles are exact, and those of one window: its times to first token, and its times per output token. */
const EXACT_IN_RUN = 65_536;
const EXACT_IN_WINDOW = 4096;
const EXACT_TPOT_IN_WINDOW = 128;

/** How often attempts failed so, and how many requests ended so. */
class Failures {
  attempts = 0;
  requests = 0;

  constructor(
    readonly state: FailedState,
    readonly reason: FailureReason,
  ) {}
}

/** What becomes of the requests, counted as they leave: memory does not grow with their number. */
export class Outcomes {
  arrived = 0;
  finished = 0;
  private failed = 0;
  /** Attempts beyond the first. */
  retries = 0;
  /** Requests that were never sent, since one before them in their session failed. */
  notSent = 0;
  /** Of finished requests. */
  promptTokens = 0;
  outputTokens = 0;
  readonly ttft = new QuantileSketch(EXACT_IN_RUN);
  readonly tpot = new QuantileSketch(EXACT_IN_RUN);
  readonly endToEnd = new QuantileSketch(EXACT_IN_RUN);
  /** How long requests were held back, each time that one was. */
  readonly deferred = new QuantileSketch(EXACT_IN_RUN);
  /** Failed requests by state, and attempts and requests by state and reason. */
  private readonly failedByState = new Map<FailedState, number>();
  private readonly failuresByReason = new Map<string, Failures>();
  /** By the window of their arrival. */
  arrivals: number[] = [];
  ttftByWindow: (QuantileSketch | undefined)[] = [];
  tpotByWindow: (QuantileSketch | undefined)[] = [];
  private window: Nanoseconds;
  /** Told of each request when it leaves. */
  onRequest: ((record: RequestRecord) => void) | undefined;
  /** Told of each request that finishes, where replicas come and go. */
  effects: ScaleEffects | null = null;

  constructor(window: Nanoseconds, onRequest?: (record: RequestRecord) => void) {
    this.window = window;
    this.onRequest = onRequest;
  }

  /** Attempts that were sent. */
  get attempts(): number {
    return this.arrived + this.retries;
  }

  /** Requests that have left. */
  get departed(): number {
    return this.finished + this.failed;
  }

  /** Every request that has arrived, by its state. A run ends when none is in the system; should any be, it counts as queued. */
  byState(): Record<RequestState, number> {
    const none = Object.fromEntries(requestStates.map((state) => [state, 0])) as Record<RequestState, number>;
    return { ...none, queued: this.arrived - this.departed, finished: this.finished, ...Object.fromEntries(this.failedByState) };
  }

  arrive(now: Nanoseconds): void {
    this.arrived += 1;
    const index = Math.floor(now / this.window);
    while (this.arrivals.length <= index) this.arrivals.push(0);
    this.arrivals[index]! += 1;
  }

  /** Attempts and requests by how they failed, those with any, in the order in which they first occurred. */
  failures(): readonly Readonly<Failures>[] {
    return [...this.failuresByReason.values()];
  }

  /** No replica can ever serve it. */
  turnAway({ id, arrivedAt, promptTokens, outputTokens, priority = 0, next }: Request, origin: number, turn: number): void {
    this.countFailure("rejected", "too_long");
    const notSent = this.end("rejected", "too_long", next);
    this.onRequest?.({
      id,
      origin,
      turn,
      arrivedAt,
      attempts: 1,
      promptTokens,
      outputTokens,
      priority,
      state: "rejected",
      reason: "too_long",
      notSent,
      firstTokenAt: null,
      lastTokenAt: null,
      preemptions: 0,
    });
  }

  /** An attempt has failed. */
  countFailure(state: FailedState, reason: FailureReason): void {
    const key = `${state}/${reason}`;
    let failures = this.failuresByReason.get(key);
    if (failures === undefined) this.failuresByReason.set(key, (failures = new Failures(state, reason)));
    failures.attempts += 1;
  }

  /** A request has failed for good. What it was given before stays out of the latencies. */
  fail(slot: number, table: RequestTable, state: FailedState, reason: FailureReason): void {
    const notSent = this.end(state, reason, table.work[slot]!.next);
    const firstTokenAt = table.firstTokenAt[slot]!;
    this.effects?.failed(table.arrivedAt[slot]!, firstTokenAt);
    this.onRequest?.({
      id: table.id[slot]!,
      origin: table.origin[slot]!,
      turn: table.turn[slot]!,
      arrivedAt: table.arrivedAt[slot]!,
      attempts: table.attempts[slot]!,
      promptTokens: table.promptTokens[slot]!,
      outputTokens: table.outputTokens[slot]!,
      priority: table.priority[slot]!,
      state,
      reason,
      notSent,
      firstTokenAt: Number.isNaN(firstTokenAt) ? null : firstTokenAt,
      lastTokenAt: null,
      preemptions: table.preemptions[slot]!,
    });
  }

  leave(slot: number, table: RequestTable, now: Nanoseconds): void {
    const arrivedAt = table.arrivedAt[slot]!;
    const firstTokenAt = table.firstTokenAt[slot]!;
    const outputTokens = table.outputTokens[slot]!;
    const ttft = firstTokenAt - arrivedAt;
    this.finished += 1;
    this.promptTokens += table.promptTokens[slot]!;
    this.outputTokens += outputTokens;
    this.ttft.add(ttft);
    this.endToEnd.add(now - arrivedAt);
    const index = Math.floor(arrivedAt / this.window);
    inWindow(this.ttftByWindow, index, EXACT_IN_WINDOW).add(ttft);
    if (outputTokens > 1) {
      const tpot = (now - firstTokenAt) / (outputTokens - 1);
      this.tpot.add(tpot);
      inWindow(this.tpotByWindow, index, EXACT_TPOT_IN_WINDOW).add(tpot);
    }
    this.effects?.left(arrivedAt, firstTokenAt, now, outputTokens);
    this.onRequest?.({
      id: table.id[slot]!,
      origin: table.origin[slot]!,
      turn: table.turn[slot]!,
      arrivedAt,
      attempts: table.attempts[slot]!,
      promptTokens: table.promptTokens[slot]!,
      outputTokens,
      priority: table.priority[slot]!,
      state: "finished",
      reason: null,
      notSent: 0,
      firstTokenAt,
      lastTokenAt: now,
      preemptions: table.preemptions[slot]!,
      ...(table.tokensAt === null ? {} : { tokensAt: table.tokensAt[slot]!.subarray(0, outputTokens) }),
    });
  }

  /** @returns how many that would have followed are never sent */
  private end(state: FailedState, reason: FailureReason, next: FollowUp | undefined): number {
    this.failed += 1;
    this.failedByState.set(state, (this.failedByState.get(state) ?? 0) + 1);
    this.failuresByReason.get(`${state}/${reason}`)!.requests += 1;
    let notSent = 0;
    for (let unsent = next; unsent !== undefined; unsent = unsent.next) notSent += 1;
    this.notSent += notSent;
    return notSent;
  }

  /** Makes the windows `factor` times as long. */
  coarsen(factor: number): void {
    this.window *= factor;
    const arrivals: number[] = [];
    this.arrivals.forEach((count, index) => {
      const to = Math.floor(index / factor);
      while (arrivals.length <= to) arrivals.push(0);
      arrivals[to]! += count;
    });
    this.arrivals = arrivals;
    this.ttftByWindow = merged(this.ttftByWindow, factor, EXACT_IN_WINDOW);
    this.tpotByWindow = merged(this.tpotByWindow, factor, EXACT_TPOT_IN_WINDOW);
  }
}

type ByWindow = (QuantileSketch | undefined)[];

const inWindow = (sketches: ByWindow, index: number, exactUpTo: number): QuantileSketch =>
  (sketches[index] ??= new QuantileSketch(exactUpTo));

const merged = (sketches: ByWindow, factor: number, exactUpTo: number): ByWindow => {
  const longer: ByWindow = [];
  sketches.forEach((sketch, index) => {
    if (sketch !== undefined) inWindow(longer, Math.floor(index / factor), exactUpTo).merge(sketch);
  });
  return longer;
};
