import { InputError } from "../../errors.ts";
import type { Matrix, Series } from "./matrix.ts";

/** What counters gained between the times of a matrix, and what had to be taken for granted. */
export interface Gains {
  /** One for each step: from its time to the next. What fell into a gap is spread evenly over it. */
  readonly bySteps: readonly number[];
  readonly total: number;
  /** How often a counter began anew. */
  readonly resets: number;
  /** Gained before the first sample of servers that came while the range lasted. */
  readonly ofNew: number;
  /** Of all that was gained, what fell into gaps of more than one step. */
  readonly inGaps: number;
}

/** A counter, and the one of the same process that says when it began anew and whether it began at 0: itself, or a histogram's count. */
export interface Led {
  readonly leader: Series;
  readonly counted: Series;
}

/**
 * What counters gained together, step by step.
 *
 * A counter that falls has begun anew at 0, as Prometheus' `increase` takes it; what it had gained since its last sample is not known. One that
 * begins inside the range is taken to begin at 0 where its first value is no more than a step can bring; a larger one was there before, unseen.
 * Nothing is extrapolated.
 *
 * @throws InputError where one falls but not to near 0: a sum over servers, of which one has gone
 */
export const together = (matrix: Matrix, counters: readonly Led[]): Gains => {
  const bySteps = Array<number>(matrix.times - 1).fill(0);
  const leaders = [...new Set(counters.map(({ leader }) => leader))];
  const restarts = new Map(leaders.map((leader) => [leader, restartsOf(leader)]));
  const most = leaders.reduce((largest, leader) => Math.max(largest, largestGain(leader)), 0);
  const plausible = (steps: number): number => TWICE * most * steps + SLACK;
  for (const leader of leaders) checkRestarts(leader, plausible);
  let [ofNew, inGaps] = [0, 0];
  for (const { leader, counted } of counters) {
    const restarted = restarts.get(leader)!;
    const { at, values } = counted;
    const first = at[0]!;
    if (first > 0 && leader.at[0]! > 0 && leader.values[0]! <= plausible(1)) {
      bySteps[first - 1]! += values[0]!;
      ofNew += values[0]!;
    }
    for (let i = 1; i < at.length; i += 1) {
      const [from, to] = [at[i - 1]!, at[i]!];
      const gained = restarted.has(to) ? values[i]! : Math.max(0, values[i]! - values[i - 1]!);
      for (let step = from; step < to; step += 1) bySteps[step]! += gained / (to - from);
      if (to - from > 1) inGaps += gained;
    }
  }
  return {
    bySteps,
    total: bySteps.reduce((sum, gained) => sum + gained, 0),
    resets: [...restarts.values()].reduce((sum, { size }) => sum + size, 0),
    ofNew,
    inGaps,
  };
};

/** A process that began in a step counts at most twice what any other counted in a step, and a few. */
const TWICE = 2;
const SLACK = 10;

/** Times at which a counter has fallen. */
const restartsOf = ({ at, values }: Series): ReadonlySet<number> => new Set(at.filter((_, i) => i > 0 && values[i]! < values[i - 1]!));

/** The most that a counter gained in a step in which it did not begin anew. */
const largestGain = ({ at, values }: Series): number =>
  values.reduce((largest, value, i) => (i === 0 ? 0 : Math.max(largest, (value - values[i - 1]!) / (at[i]! - at[i - 1]!))), 0);

const checkRestarts = ({ at, values, place }: Series, plausible: (steps: number) => number): void => {
  for (let i = 1; i < values.length; i += 1) {
    const [before, after] = [values[i - 1]!, values[i]!];
    if (after >= before || after <= plausible(at[i]! - at[i - 1]!)) continue;
    throw new InputError(
      `${place}.values[${i}]`,
      `expected a counter, which begins anew at 0 where it falls, got a fall from ${before} to ${after}`,
      "Save each server's own counter, without sum(): of a sum nobody can tell a server that left from one that began anew.",
    );
  }
};
