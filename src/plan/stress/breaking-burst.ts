import { quantity } from "../../format.ts";
import { createStreams } from "../../sim/streams.ts";
import type { Request } from "../../traffic/request.ts";
import type { Seconds } from "../../units.ts";
import { holdsOn } from "./breaking-rate.ts";
import { busiestOrNull } from "./busiest.ts";
import { Copies, inOrder } from "../../traffic/copies.ts";
import { largestHeldOrNull } from "./largest-held.ts";
import type { Question } from "../search/question.ts";

/** How long the burst lasts. */
export const BURST: Seconds = 60;

/** The largest burst that is tried, in times the mean rate. */
export const LARGEST_BURST = 64;

/** The burst that breaks it is found to within this share. */
export const BURST_PRECISION = 0.1;

/** A burst that is added to traffic, of any size: a larger one has all requests of a smaller one, and more. */
class AddedBurst {
  private readonly requests: readonly Request[];
  private readonly added: Request[] = [];
  private readonly copies: Copies;
  private readonly stream;
  private readonly from: number;

  constructor(requests: readonly Request[], seed: number) {
    this.requests = requests;
    this.copies = new Copies(requests);
    this.stream = createStreams(seed).named("breaking-burst");
    this.from = busiestOrNull(requests, BURST)?.from ?? requests[0]?.arrivedAt ?? 0;
  }

  /** The traffic with so many more requests in the minute that is the busiest already, each drawn from all of it, at any time of the minute. */
  with(count: number): Request[] {
    while (this.added.length < count) {
      const original = this.requests[Math.floor(this.stream.uniform() * this.requests.length)]!;
      this.added.push(this.copies.of(original, Math.floor(this.from + BURST * 1e9 * this.stream.uniform())));
    }
    return inOrder([...this.requests, ...this.added.slice(0, count)]);
  }
}

/**
 * The burst that a fixed number of replicas takes before an objective is missed over the whole traffic: so many times the mean rate for a minute
 * on top of the busiest minute. Null where even 64 times do not break it, 0 where an eighth does.
 */
export const breakingBurstOrNull = (question: Question, replicas: number, meanRate: number): number | null => {
  const bursts = new Map<number, AddedBurst>();
  const burstOf = (seed: number): AddedBurst => {
    const burst = bursts.get(seed) ?? new AddedBurst(question.requestsOf(seed), seed);
    bursts.set(seed, burst);
    return burst;
  };
  const holds = (times: number): boolean => {
    question.onProgress(`${quantity(replicas, "replica")} with a burst of ${times.toPrecision(3)} times the mean rate`);
    const count = Math.floor(times * meanRate * BURST + 0.5);
    return holdsOn(question, replicas, (seed) => burstOf(seed).with(count));
  };
  return largestHeldOrNull(holds, { from: 2, step: 2, precision: BURST_PRECISION, least: 1 / 8, most: LARGEST_BURST });
};
