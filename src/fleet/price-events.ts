import { InputError } from "../errors.ts";
import type { LifeSpans } from "../replica/life-spans.ts";
import { createStreams } from "../sim/streams.ts";
import type { Request } from "../traffic/request.ts";
import { toNanoseconds, toSeconds } from "../units.ts";
import type { Nanoseconds, Seconds } from "../units.ts";
import type { FleetConfig, RequestRecord } from "./config.ts";
import { compareWaits, firstTokens, remember } from "./first-tokens.ts";
import { churnOf, CostlessTwin } from "./price-churn.ts";
import type { ChurnPrice, EventPrice, Run } from "./run.ts";
import type { Scaling } from "./scaling.ts";
import { Simulation, type Reading } from "./simulation.ts";

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
 * A scale-up is also held against itself with replicas that are ready at once and warm: that is what its churn costs, apart from the capacity
 * it brings. All changes are so held together (`price-churn.ts`), and what the single ones leave unexplained is their interaction.
 *
 * A price looks as far as the horizon, or to the traffic's last arrival where that comes first. Of a request that has its first token on one side
 * only by then, the other side's wait so far is taken. One that failed on a side has no time to first token there: it is in none of those
 * times, and in the time in the system until it failed. How many more failed is told beside.
 *
 * @param onRequest told of each request of the run itself when it leaves
 * @param lifeSpans records what the run's own replicas go through
 * @throws InputError where the horizon is shorter than the clock can tell
 */
export const simulatePriced = (
  config: FleetConfig,
  options: PricingOptions,
  onRequest?: (record: RequestRecord) => void,
  lifeSpans?: LifeSpans,
): Run => {
  if (!(toNanoseconds(options.horizon) >= 1)) {
    throw new InputError("price horizon", `expected a nanosecond or more, got ${options.horizon} s`, "Ten minutes is a good one: 600.");
  }
  const scalings: Scaling[] = [];
  const first = new Simulation(config, { onRequest, onScale: (scaling) => scalings.push(scaling), lifeSpans });
  for (const request of config.requests) first.feed(request);
  const run = first.finish();
  if (scalings.length === 0) return run;
  const chosen = choose(scalings, options, config.seed);
  const { prices, total, until } = new Pricing(config, chosen, toNanoseconds(options.horizon)).run(config.requests);
  const events = run.scale_events.map((event, i) => ({ ...event, price: prices.get(i) ?? null }));
  return { ...run, scale_events: events, churn: churnOf(total, until, events, chosen) };
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

/** A fork that goes another way at one change: it refuses it, or has its replicas ready at once and warm. */
class Other {
  /** Times to first token of the requests that have finished since. */
  readonly ttft = new Map<string, Nanoseconds>();
  readonly simulation: Simulation;
  /** How many of the run's changes it knows of. */
  known: number;

  constructor(
    run: Simulation,
    readonly index: number,
    scaling: Scaling,
    isRefused: boolean,
  ) {
    this.simulation = run.fork((record) => remember(this.ttft, record));
    this.known = index + 1;
    if (!isRefused) this.simulation.plan(scaling.at, scaling.to - scaling.from, scaling.because, true);
  }
}

/** One change that is priced. */
class Priced {
  readonly start: Reading;
  readonly refused: Other;
  /** Null for a scale-down: to drain is all that it costs, and that it does in any case. */
  readonly costless: Other | null;
  readonly end: Nanoseconds;

  constructor(
    run: Simulation,
    readonly index: number,
    readonly scaling: Scaling,
    readonly isSampled: boolean,
    horizon: Nanoseconds,
  ) {
    this.end = scaling.at + horizon;
    this.start = run.readingAt(scaling.at);
    this.refused = new Other(run, index, scaling, true);
    this.costless = scaling.to > scaling.from ? new Other(run, index, scaling, false) : null;
  }
}

/** The second run, with its forks and its twin. */
class Pricing {
  private readonly base: Simulation;
  private readonly twin: CostlessTwin;
  private readonly scalings: Scaling[] = [];
  private open: Priced[] = [];
  private readonly ttft = new Map<string, Nanoseconds>();
  private readonly found = new Map<number, EventPrice>();
  private reached: Nanoseconds = 0;

  constructor(
    config: FleetConfig,
    chosen: ReadonlyMap<number, boolean>,
    private readonly horizon: Nanoseconds,
  ) {
    this.twin = new CostlessTwin(config);
    this.base = new Simulation(config, {
      onRequest: (record) => {
        this.twin.leftRun(record);
        if (this.open.length > 0) remember(this.ttft, record);
      },
      onScale: (scaling, simulation) => {
        const index = this.scalings.length;
        const isSampled = chosen.get(index);
        if (isSampled !== undefined) this.open.push(new Priced(simulation, index, scaling, isSampled, horizon));
        this.scalings.push(scaling);
      },
    });
  }

  run(requests: Iterable<Request>): { prices: ReadonlyMap<number, EventPrice>; total: ChurnPrice; until: Nanoseconds } {
    let last: Nanoseconds = 0;
    for (const request of requests) {
      this.advanceTo(request.arrivedAt - 1);
      this.base.feed(request);
      this.twin.feed(request);
      for (const { simulation } of this.others()) simulation.feed(request);
      // What else happens at that instant is still to come.
      this.reached = request.arrivedAt - 1;
      last = request.arrivedAt;
    }
    for (const priced of this.open) this.found.set(priced.index, this.priceAt(priced, last));
    return { prices: this.found, total: this.twin.priceOf(this.base, last), until: last };
  }

  private others(): Other[] {
    return this.open.flatMap(({ refused, costless }) => (costless === null ? [refused] : [refused, costless]));
  }

  /** Takes the run and its forks to a time, and reads the prices whose horizon ends on the way. */
  private advanceTo(time: Nanoseconds): void {
    while (this.reached < time) {
      // By a horizon at most, so that no fork made on the way has passed its own.
      let until = Math.min(time, this.reached + this.horizon);
      for (const { end } of this.open) until = Math.min(until, end);
      this.base.advanceTo(until);
      this.tell();
      this.twin.advanceTo(until);
      for (const { simulation } of this.others()) simulation.advanceTo(until);
      for (const priced of this.open) if (priced.end === until) this.found.set(priced.index, this.priceAt(priced, until));
      this.open = this.open.filter(({ end }) => end > until);
      if (this.open.length === 0) this.ttft.clear();
      this.reached = until;
    }
  }

  /** Lets the forks and the twin know what the autoscaler has decided. */
  private tell(): void {
    this.twin.tell(this.scalings);
    for (const other of this.others()) {
      for (; other.known < this.scalings.length; other.known += 1) {
        const { at, from, to, because } = this.scalings[other.known]!;
        other.simulation.plan(at, to - from, because);
      }
    }
  }

  private priceAt({ scaling, isSampled, start, refused, costless }: Priced, end: Nanoseconds): EventPrice {
    const done = this.base.readingAt(end);
    const own = firstTokens(this.ttft, this.base, end);
    const against = ({ ttft, simulation }: Other) => {
      const without = simulation.readingAt(end);
      const waits = compareWaits(own, firstTokens(ttft, simulation, end));
      return {
        without,
        waits,
        price: {
          unready_gpu_s: done.unready_s - without.unready_s,
          gpu_s: done.paid_s - without.paid_s,
          request_s: done.inSystem_s - without.inSystem_s,
          ttft_s: toSeconds(waits.later),
          requests_failed: done.failed - without.failed,
        },
      };
    };
    const { without, waits, price } = against(refused);
    const { gpu_s, request_s, ttft_s, requests_failed } = price;
    return {
      horizon_s: toSeconds(end - scaling.at),
      is_sampled: isSampled,
      gpu_s,
      request_s,
      ttft_s,
      output_tokens: done.outputTokens - without.outputTokens,
      requests_helped: waits.helped,
      requests_hurt: waits.hurt,
      requests_failed,
      mean_batch: difference(ratio(start, done, "running_s", "busy_s"), ratio(start, without, "running_s", "busy_s")),
      hit_share: difference(ratio(start, done, "hitTokens", "queriedTokens"), ratio(start, without, "hitTokens", "queriedTokens")),
      churn: costless === null ? null : against(costless).price,
    };
  }
}

/** What two sums have grown by, one over the other; null where the other has not. */
const ratio = (from: Reading, to: Reading, over: keyof Reading, under: keyof Reading): number | null =>
  to[under] === from[under] ? null : (to[over] - from[over]) / (to[under] - from[under]);

const difference = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);
