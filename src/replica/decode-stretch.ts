import type { Nanoseconds } from "../units.ts";
import type { ReplicaConfig } from "./config.ts";
import type { Meters } from "./meters.ts";
import type { RequestTable } from "./request-table.ts";
import type { Scheduler } from "./scheduler.ts";
import type { StepTimeModel } from "./step-batch.ts";
import { clearBatch, emptyBatch } from "./step-batch.ts";

const NO_TIMES = new Float64Array(0);

/** Steps looked ahead at most. */
const LONGEST = 512;
/** Steps looked ahead although the next arrival comes before: it may go to another replica. */
const PAST_ARRIVAL = 16;

/**
 * The fast path: a run of steps in which every running request decodes one token and the scheduler has nothing to decide.
 *
 * It lasts until a request finishes, a block is wanted that is not free, or an arrival could be admitted. Each step's time comes from
 * the same model with the same batch as the scheduler would have made, so skipping the scheduler changes no result.
 */
export class DecodeStretch {
  /** Steps planned; 0 when there is no stretch. */
  length = 0;
  /** Whether an arrival at this replica could be admitted at the next step, so that the stretch must end there. */
  isOpenToArrivals = false;
  private readonly stepTime: StepTimeModel;
  private readonly scheduler: Scheduler;
  private readonly table: RequestTable;
  private readonly meters: Meters;
  private readonly ends = new Float64Array(LONGEST);
  /** Of the first i + 1 steps, how many are outside the measured range. */
  private readonly extrapolated = new Int32Array(LONGEST);
  /** Running requests by how full their last block is, when the stretch began. */
  private readonly fill: Int32Array;
  private readonly batch = emptyBatch();
  private keys = 0;
  private context = 0;

  constructor(config: ReplicaConfig, stepTime: StepTimeModel, scheduler: Scheduler, table: RequestTable, meters: Meters) {
    this.stepTime = stepTime;
    this.scheduler = scheduler;
    this.table = table;
    this.meters = meters;
    this.fill = new Int32Array(config.blockSize);
  }

  /** When the stretch ends, as planned or cut. */
  get endsAt(): Nanoseconds {
    return this.ends[this.length - 1]!;
  }

  /**
   * Plans the stretch that can begin now, if any; a single step is left to the scheduler.
   *
   * @param nextArrivalAt the next arrival known: it is of little use to plan far beyond it
   */
  plan(now: Nanoseconds, nextArrivalAt: Nanoseconds): boolean {
    this.length = 0;
    const { waiting, runningCount, kv, running } = this.scheduler;
    if (runningCount === 0) return false;
    const steps = this.survey();
    if (steps < 2) return false;
    if (waiting.length > 0 && !this.scheduler.isHeadBlocked) return false;
    this.isOpenToArrivals = waiting.length === 0 ? runningCount < running.length : this.scheduler.takesBeforeHead;
    const batch = this.batch;
    clearBatch(batch);
    batch.tokens = runningCount;
    batch.outputs = runningCount;
    batch.decodeSequences = runningCount;
    batch.decodeKeys = this.keys;
    batch.decodeContext = this.context;
    let free = kv.freeBlocks;
    let end = now;
    let extrapolated = 0;
    let planned = 0;
    while (planned < steps) {
      free -= this.blocksWanted(planned);
      if (free < 0) break;
      end += this.stepTime.stepTime(batch);
      if (this.stepTime.isExtrapolated(batch)) extrapolated += 1;
      this.ends[planned] = end;
      this.extrapolated[planned] = extrapolated;
      planned += 1;
      if (end >= nextArrivalAt && planned >= PAST_ARRIVAL) break;
      batch.decodeKeys += runningCount;
      batch.decodeContext += 1;
    }
    if (planned < 2) return false;
    this.length = planned;
    return true;
  }

  /** Cuts the stretch after the step that is under way at `now`, since the scheduler is needed there. */
  cutAt(now: Nanoseconds): void {
    this.length = this.stepAt(now) + 1;
  }

  /** Blocks that requests have taken since the stretch began, those for the step under way at `now` included. */
  blocksTakenAt(now: Nanoseconds): number {
    const underWay = this.stepAt(now);
    let taken = 0;
    for (let step = 0; step <= underWay; step += 1) taken += this.blocksWanted(step);
    return taken;
  }

  /** The number of the step under way at `now`: the first that ends then or later. */
  private stepAt(now: Nanoseconds): number {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle]! < now) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Brings the requests to where the scheduler would have left them during the stretch's last step, and accounts for every step, but for the
   * blocks held during the last and the tokens that it computes.
   *
   * @returns when the last step began
   */
  finish(startedAt: Nanoseconds): Nanoseconds {
    const { kv, running, runningCount } = this.scheduler;
    const { computed, produced, tokensAt } = this.table;
    let held = kv.heldBlocks;
    let from = startedAt;
    for (let step = 0; step < this.length; step += 1) {
      const wanted = this.blocksWanted(step);
      if (wanted > 0) {
        const until = step === 0 ? startedAt : this.ends[step - 1]!;
        this.meters.kvBlocks.add(held, from, until);
        held += wanted;
        from = until;
      }
    }
    const lastStartedAt = this.length === 1 ? startedAt : this.ends[this.length - 2]!;
    this.meters.kvBlocks.add(held, from, lastStartedAt);
    this.meters.computed.addBeforeEach(runningCount, this.ends, this.length - 1);
    this.meters.steps += this.length;
    this.meters.extrapolatedSteps += this.extrapolated[this.length - 1]!;
    kv.growByDecoding(running, runningCount, this.length);
    const ends = tokensAt === null ? NO_TIMES : this.ends.subarray(0, this.length - 1);
    for (let i = 0; i < runningCount; i += 1) {
      const slot = running[i]!;
      tokensAt?.[slot]!.set(ends, produced[slot]);
      computed[slot]! += this.length;
      produced[slot]! += this.length - 1;
    }
    this.length = 0;
    return lastStartedAt;
  }

  /** Sums up the running requests; gives the steps until the first one finishes, 0 if one of them does not decode. */
  private survey(): number {
    const { running, runningCount } = this.scheduler;
    const { computed: allComputed, produced: allProduced, promptTokens, outputTokens } = this.table;
    const blockSize = this.fill.length;
    this.fill.fill(0);
    let keys = 0;
    let longest = 0;
    let steps = LONGEST;
    for (let i = 0; i < runningCount; i += 1) {
      const slot = running[i]!;
      const computed = allComputed[slot]!;
      const produced = allProduced[slot]!;
      if (produced === 0 || promptTokens[slot]! + produced - computed !== 1) return 0;
      const remaining = outputTokens[slot]! - produced;
      if (remaining < steps) steps = remaining;
      this.fill[computed % blockSize]! += 1;
      keys += computed + 1;
      if (computed >= longest) longest = computed + 1;
    }
    this.keys = keys;
    this.context = longest;
    return steps;
  }

  /** Requests whose last block is full before step `step` of the stretch. */
  private blocksWanted(step: number): number {
    const offset = step % this.fill.length;
    return this.fill[offset === 0 ? 0 : this.fill.length - offset]!;
  }
}
