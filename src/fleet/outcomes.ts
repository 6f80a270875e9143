import { requestStates } from "../replica/request-table.ts";
import type { RequestState, RequestTable, UnfinishedState } from "../replica/request-table.ts";
import { QuantileSketch } from "../stats/quantile-sketch.ts";
import type { Request } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import type { RequestRecord } from "./config.ts";

/** Requests up to which a run's percentiles are exact, and those of one window. */
const EXACT_IN_RUN = 65_536;
const EXACT_IN_WINDOW = 4096;

/** What becomes of the requests, counted as they leave: memory does not grow with their number. */
export class Outcomes {
  arrived = 0;
  finished = 0;
  rejected = 0;
  /** Requests that were taken in and have left without their last token. */
  readonly unfinished = new Map<UnfinishedState, number>();
  /** Of finished requests. */
  promptTokens = 0;
  outputTokens = 0;
  readonly ttft = new QuantileSketch(EXACT_IN_RUN);
  readonly tpot = new QuantileSketch(EXACT_IN_RUN);
  readonly endToEnd = new QuantileSketch(EXACT_IN_RUN);
  /** By the window of their arrival. */
  arrivals: number[] = [];
  ttftByWindow: (QuantileSketch | undefined)[] = [];
  private window: Nanoseconds;
  /** Told of each request when it leaves. */
  onRequest: ((record: RequestRecord) => void) | undefined;

  constructor(window: Nanoseconds, onRequest?: (record: RequestRecord) => void) {
    this.window = window;
    this.onRequest = onRequest;
  }

  /** Requests that have left. */
  get departed(): number {
    let unfinished = 0;
    for (const count of this.unfinished.values()) unfinished += count;
    return this.finished + this.rejected + unfinished;
  }

  /** Every request that has arrived, by its state. A run ends when none is in the system; should any be, it counts as queued. */
  byState(): Record<RequestState, number> {
    const none = Object.fromEntries(requestStates.map((state) => [state, 0])) as Record<RequestState, number>;
    const unfinished = Object.fromEntries(this.unfinished);
    return { ...none, ...unfinished, queued: this.arrived - this.departed, finished: this.finished, rejected: this.rejected };
  }

  arrive(now: Nanoseconds): void {
    this.arrived += 1;
    const index = Math.floor(now / this.window);
    while (this.arrivals.length <= index) this.arrivals.push(0);
    this.arrivals[index]! += 1;
  }

  /** No replica can ever serve it. */
  turnAway({ id, arrivedAt, promptTokens, outputTokens }: Request, origin: number, turn: number): void {
    this.rejected += 1;
    this.onRequest?.({
      id,
      origin,
      turn,
      arrivedAt,
      promptTokens,
      outputTokens,
      state: "rejected",
      firstTokenAt: null,
      lastTokenAt: null,
      preemptions: 0,
    });
  }

  /** It leaves without its last token; what it was sent before stays sent, and is in no percentile. */
  leaveUnfinished(slot: number, table: RequestTable, state: UnfinishedState): void {
    this.unfinished.set(state, (this.unfinished.get(state) ?? 0) + 1);
    const firstTokenAt = table.firstTokenAt[slot]!;
    this.onRequest?.({
      id: table.id[slot]!,
      origin: table.origin[slot]!,
      turn: table.turn[slot]!,
      arrivedAt: table.arrivedAt[slot]!,
      promptTokens: table.promptTokens[slot]!,
      outputTokens: table.outputTokens[slot]!,
      state,
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
    if (outputTokens > 1) this.tpot.add((now - firstTokenAt) / (outputTokens - 1));
    this.endToEnd.add(now - arrivedAt);
    const index = Math.floor(arrivedAt / this.window);
    const inWindow = (this.ttftByWindow[index] ??= new QuantileSketch(EXACT_IN_WINDOW));
    inWindow.add(ttft);
    this.onRequest?.({
      id: table.id[slot]!,
      origin: table.origin[slot]!,
      turn: table.turn[slot]!,
      arrivedAt,
      promptTokens: table.promptTokens[slot]!,
      outputTokens,
      state: "finished",
      firstTokenAt,
      lastTokenAt: now,
      preemptions: table.preemptions[slot]!,
    });
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
    const ttftByWindow: (QuantileSketch | undefined)[] = [];
    this.ttftByWindow.forEach((sketch, index) => {
      if (sketch === undefined) return;
      const to = Math.floor(index / factor);
      const merged = (ttftByWindow[to] ??= new QuantileSketch(EXACT_IN_WINDOW));
      merged.merge(sketch);
    });
    this.arrivals = arrivals;
    this.ttftByWindow = ttftByWindow;
  }
}
