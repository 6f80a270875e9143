import { requestStates } from "../replica/request-table.ts";
import type { RequestState, RequestTable } from "../replica/request-table.ts";
import { QuantileSketch } from "../stats/quantile-sketch.ts";
import type { Request } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import type { RequestRecord } from "./config.ts";
import type { ScaleEffects } from "./scale-effects.ts";

/** Requests up to which a run's percentiles are exact, and those of one window: its times to first token, and its times per output token. */
const EXACT_IN_RUN = 65_536;
const EXACT_IN_WINDOW = 4096;
const EXACT_TPOT_IN_WINDOW = 128;

/** What becomes of the requests, counted as they leave: memory does not grow with their number. */
export class Outcomes {
  arrived = 0;
  finished = 0;
  rejected = 0;
  /** Of finished requests. */
  promptTokens = 0;
  outputTokens = 0;
  readonly ttft = new QuantileSketch(EXACT_IN_RUN);
  readonly tpot = new QuantileSketch(EXACT_IN_RUN);
  readonly endToEnd = new QuantileSketch(EXACT_IN_RUN);
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

  /** Requests that have left. */
  get departed(): number {
    return this.finished + this.rejected;
  }

  /** Every request that has arrived, by its state. A run ends when none is in the system; should any be, it counts as queued. */
  byState(): Record<RequestState, number> {
    const none = Object.fromEntries(requestStates.map((state) => [state, 0])) as Record<RequestState, number>;
    return { ...none, queued: this.arrived - this.departed, finished: this.finished, rejected: this.rejected };
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
