import type { RequestRecord } from "../../fleet/config.ts";
import { toNanoseconds, toSeconds, type Nanoseconds, type Seconds } from "../../units.ts";
import { Times } from "./latencies.ts";
import { textOf } from "./in-words.ts";
import { covers, type LatencyObjective, type Objective } from "./objectives.ts";

/** A request whose gaps are counted. */
export interface CountedRecord extends RequestRecord {
  /** How many of its gaps are beyond each limit that is asked for; absent where none is. */
  readonly gapsBeyond?: ReadonlyMap<Seconds, number>;
}

/** Gaps that a request has when all its tokens come: one fewer than tokens. */
export const gapsOf = ({ outputTokens }: Pick<RequestRecord, "outputTokens">): number => Math.max(0, outputTokens - 1);

export const isOnGaps = (objective: Objective): objective is LatencyObjective => objective.kind === "latency" && objective.metric === "itl";

/** Bits of the fraction that tell bins apart: a bin is 0.1 % wide. */
const FRACTION_BITS = 10;
/** Bins reach from 2⁻³² of the limit to 2³² of it; what is shorter or longer is in the first or the last. */
const OCTAVES = 32;
const BINS = 2 * OCTAVES * 2 ** FRACTION_BITS;
const view = new DataView(new ArrayBuffer(8));
const binOf = (ratio: number): number => {
  view.setFloat64(0, ratio);
  return (view.getUint32(0) >>> (20 - FRACTION_BITS)) - (1023 - OCTAVES) * 2 ** FRACTION_BITS;
};
/** The first bin beyond the limit. */
const BEYOND = BINS / 2;

/** Gaps in bins relative to a limit, which is the edge of one: how many are beyond it is exact, a percentile is less than 0.1 % too long. */
class Histogram {
  private readonly counts = new Float64Array(BINS);
  private readonly longest = new Float64Array(BINS);
  private missing = 0;
  private readonly limit: Nanoseconds;

  constructor(limit: Seconds) {
    this.limit = toNanoseconds(limit);
  }

  add(gap: Nanoseconds, isBeyond: boolean): void {
    let bin = binOf(gap / this.limit);
    if (isBeyond) bin = bin < BEYOND ? BEYOND : bin < BINS ? bin : BINS - 1;
    else bin = bin >= BEYOND ? BEYOND - 1 : bin > 0 ? bin : 0;
    this.counts[bin]! += 1;
    if (gap > this.longest[bin]!) this.longest[bin] = gap;
  }

  addMissing(gaps: number): void {
    this.missing += gaps;
  }

  times(): Times {
    const filled = [...this.counts.keys()].filter((bin) => this.counts[bin]! > 0);
    let sum = 0;
    return new Times(
      Float64Array.from(filled, (bin) => this.longest[bin]!),
      this.missing,
      Float64Array.from(filled, (bin) => (sum += this.counts[bin]!)),
    );
  }
}

/**
 * Gaps between the tokens of the requests of one run, as objectives on `itl` ask for them.
 *
 * A gap is the time from one output token of a request to its next, as the engine has them at the ends of its steps: of a request with n
 * output tokens there are n − 1, and their mean is its TPOT. The wait for the first token is none. A stall is one gap however it came
 * about: a preemption and what is computed again, a long prefill in the same steps, a hand-over to another replica. Of a request that is
 * sent again only the last attempt counts. Gaps of all requests are one population, so long answers weigh more than short ones. A request
 * that does not finish has n − 1 gaps that never end: each is beyond any limit.
 */
export class GapMeter {
  private readonly asked: readonly { readonly objective: LatencyObjective; readonly histogram: Histogram }[];

  constructor(objectives: readonly Objective[]) {
    this.asked = objectives.filter(isOnGaps).map((objective) => ({ objective, histogram: new Histogram(objective.limit) }));
  }

  /** Whether there is nothing to count, so that no token's time needs to be recorded. */
  get isIdle(): boolean {
    return this.asked.length === 0;
  }

  /** Counts a request's gaps; gives the request with its counts in place of its tokens' times. */
  take(record: RequestRecord): CountedRecord {
    if (this.isIdle) return record;
    const { tokensAt, ...counted } = record;
    const beyond = new Map<Seconds, number>();
    for (const { objective, histogram } of this.asked) {
      const isCounted = covers(objective.scope, record.priority);
      if (record.state !== "finished" || tokensAt === undefined) {
        if (isCounted) histogram.addMissing(gapsOf(record));
        continue;
      }
      const { limit } = objective;
      let bad = 0;
      let before = tokensAt[0]!;
      for (let i = 1; i < tokensAt.length; i += 1) {
        const at = tokensAt[i]!;
        const gap = at - before;
        before = at;
        const isBeyond = toSeconds(gap) > limit;
        if (isBeyond) bad += 1;
        if (isCounted) histogram.add(gap, isBeyond);
      }
      beyond.set(limit, bad);
    }
    return { ...counted, gapsBeyond: beyond };
  }

  /** The gaps that each objective counts, by the objective as text. */
  times(): Map<string, Times> {
    return new Map(this.asked.map(({ objective, histogram }) => [textOf(objective), histogram.times()]));
  }
}
