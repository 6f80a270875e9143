import { InputError } from "../errors.ts";
import { createStreams } from "../sim/streams.ts";
import type { Request } from "../traffic/request.ts";
import { toNanoseconds, toSeconds } from "../units.ts";
import type { Nanoseconds, Seconds } from "../units.ts";
import type { FleetConfig, RequestRecord } from "./config.ts";
import type { EventPrice, Run } from "./run.ts";
import type { Scaling } from "./scale-log.ts";
import { requestKey, Simulation, type Reading } from "./simulation.ts";

export interface PricingOptions {
  /** How far a price looks. */
  readonly horizon: Seconds;
  /** The largest changes, so many, are all priced. */
  readonly largest: number;
  /** Of the others, so many are drawn at random. */
  readonly sampled: number;
}

/**
 * Simulates a fleet and says what its scale events cost: each price is the difference between the run and a fork of it, made at the
 * decision, in which that change is refused. Both sides see the same requests and draws; what the autoscaler decides later is taken from the run,
 * change by change and within the policy's limits, so that a price is that of one change. Prices of several events need not add up.
 *
 * A price looks as far as the horizon, or to the traffic's last arrival where that comes first. Of a request that has its first token on one side
 * only by then, the other side's wait so far is taken.
 *
 * @param onRequest told of each request of the run itself when it leaves
 * @throws InputError where the horizon is shorter than the clock can tell
 */
export const simulatePriced = (config: FleetConfig, options: PricingOptions, onRequest?: (record: RequestRecord) => void): Run => {
  if (!(toNanoseconds(options.horizon) >= 1)) {
    throw new InputError("price horizon", `expected a nanosecond or more, got ${options.horizon} s`, "Ten minutes is a good one: 600.");
  }
  const scalings: Scaling[] = [];
  const first = new Simulation(config, { onRequest, onScale: (scaling) => scalings.push(scaling) });
  for (const request of config.requests) first.feed(request);
  const run = first.finish();
  const prices = new Pricing(config, choose(scalings, options, config.seed), toNanoseconds(options.horizon)).prices(config.requests);
  return { ...run, scale_events: run.scale_events.map((event, i) => ({ ...event, price: prices.get(i) ?? null })) };
};

/** The numbers of the events to price, and whether each was drawn at random. */
const choose = (scalings: readonly Scaling[], { largest, sampled }: PricingOptions, seed: number): Map<number, boolean> => {
  const size = ({ from, to }: Scaling): number => Math.abs(to - from);
  const bySize = [...scalings.keys()].sort((a, b) => size(scalings[b]!) - size(scalings[a]!) || a - b);
  const chosen = new Map(bySize.slice(0, largest).map((index) => [index, false]));
  const rest = bySize.slice(largest);
  if (rest.length <= sampled) for (const index of rest) chosen.set(index, false);
  else {
    const stream = createStreams(seed).named("pricing");
    for (let drawn = 0; drawn < sampled; drawn += 1) {
      const [index = 0] = rest.splice(Math.floor(stream.uniform() * rest.length), 1);
      chosen.set(index, true);
    }
  }
  return chosen;
};

/** A fork in which one change was refused. */
class Refused {
  /** Times to first token of the requests that have left since. */
  readonly ttft = new Map<string, Nanoseconds>();
  simulation!: Simulation;
  start!: Reading;
  /** How many of the run's changes it knows of. */
  known: number;

  constructor(
    readonly index: number,
    readonly isSampled: boolean,
    readonly at: Nanoseconds,
    readonly end: Nanoseconds,
  ) {
    this.known = index + 1;
  }
}

/** The second run, with its forks. */
class Pricing {
  private readonly base: Simulation;
  private readonly scalings: Scaling[] = [];
  private open: Refused[] = [];
  private readonly ttft = new Map<string, Nanoseconds>();
  private readonly found = new Map<number, EventPrice>();
  private reached: Nanoseconds = 0;

  constructor(
    config: FleetConfig,
    chosen: ReadonlyMap<number, boolean>,
    private readonly horizon: Nanoseconds,
  ) {
    this.base = new Simulation(config, {
      onRequest: (record) => this.open.length > 0 && remember(this.ttft, record),
      onScale: (scaling, simulation) => {
        const isSampled = chosen.get(this.scalings.length);
        if (isSampled !== undefined) {
          const refused = new Refused(this.scalings.length, isSampled, scaling.at, scaling.at + horizon);
          refused.start = simulation.readingAt(scaling.at);
          refused.simulation = simulation.fork((record) => remember(refused.ttft, record));
          this.open.push(refused);
        }
        this.scalings.push(scaling);
      },
    });
  }

  prices(requests: Iterable<Request>): ReadonlyMap<number, EventPrice> {
    let last: Nanoseconds = 0;
    for (const request of requests) {
      this.advanceTo(request.arrivedAt - 1);
      this.base.feed(request);
      for (const { simulation } of this.open) simulation.feed(request);
      // What else happens at that instant is still to come.
      this.reached = request.arrivedAt - 1;
      last = request.arrivedAt;
    }
    for (const refused of this.open) this.found.set(refused.index, this.priceAt(refused, last));
    return this.found;
  }

  /** Takes the run and its forks to a time, and reads the prices whose horizon ends on the way. */
  private advanceTo(time: Nanoseconds): void {
    while (this.reached < time) {
      // By a horizon at most, so that no fork made on the way has passed its own.
      let until = Math.min(time, this.reached + this.horizon);
      for (const { end } of this.open) until = Math.min(until, end);
      this.base.advanceTo(until);
      this.tell();
      for (const { simulation } of this.open) simulation.advanceTo(until);
      for (const refused of this.open) if (refused.end === until) this.found.set(refused.index, this.priceAt(refused, until));
      this.open = this.open.filter(({ end }) => end > until);
      if (this.open.length === 0) this.ttft.clear();
      this.reached = until;
    }
  }

  /** Lets the forks know what the autoscaler has decided. */
  private tell(): void {
    for (const refused of this.open) {
      for (; refused.known < this.scalings.length; refused.known += 1) {
        const { at, from, to, because } = this.scalings[refused.known]!;
        refused.simulation.plan(at, to - from, because);
      }
    }
  }

  private priceAt(refused: Refused, end: Nanoseconds): EventPrice {
    const done = this.base.readingAt(end);
    const without = refused.simulation.readingAt(end);
    const own = firstTokens(this.ttft, this.base, end);
    const other = firstTokens(refused.ttft, refused.simulation, end);
    let helped = 0;
    let hurt = 0;
    let later = 0;
    for (const [key, { wait, isOver }] of own) {
      const without = other.get(key);
      if (without === undefined || (!isOver && !without.isOver) || wait === without.wait) continue;
      later += wait - without.wait;
      if (wait < without.wait) helped += 1;
      else hurt += 1;
    }
    return {
      horizon_s: toSeconds(end - refused.at),
      is_sampled: refused.isSampled,
      gpu_s: done.paid_s - without.paid_s,
      request_s: done.inSystem_s - without.inSystem_s,
      output_tokens: done.outputTokens - without.outputTokens,
      requests_helped: helped,
      requests_hurt: hurt,
      ttft_s: toSeconds(later),
      mean_batch: difference(ratio(refused.start, done, "running_s", "busy_s"), ratio(refused.start, without, "running_s", "busy_s")),
      hit_share: difference(
        ratio(refused.start, done, "hitTokens", "queriedTokens"),
        ratio(refused.start, without, "hitTokens", "queriedTokens"),
      ),
    };
  }
}

const remember = (ttft: Map<string, Nanoseconds>, { origin, turn, arrivedAt, firstTokenAt }: RequestRecord): void => {
  if (firstTokenAt !== null) ttft.set(requestKey(origin, turn), firstTokenAt - arrivedAt);
};

interface Wait {
  readonly wait: Nanoseconds;
  /** False while the first token has not come: the wait so far. */
  readonly isOver: boolean;
}

/** How long requests have waited for their first token: those that have left, and those in the system. */
const firstTokens = (left: ReadonlyMap<string, Nanoseconds>, simulation: Simulation, now: Nanoseconds): Map<string, Wait> => {
  const waits = new Map<string, Wait>();
  for (const [key, wait] of left) waits.set(key, { wait, isOver: true });
  for (const [key, { arrivedAt, firstTokenAt }] of simulation.inSystem()) {
    const isOver = !Number.isNaN(firstTokenAt);
    waits.set(key, { wait: (isOver ? firstTokenAt : now) - arrivedAt, isOver });
  }
  return waits;
};

/** What two sums have grown by, one over the other; null where the other has not. */
const ratio = (from: Reading, to: Reading, over: keyof Reading, under: keyof Reading): number | null =>
  to[under] === from[under] ? null : (to[over] - from[over]) / (to[under] - from[under]);

const difference = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);
