import type { Stopping } from "../../../src/profile/measurements/timing.ts";
import type { Seconds } from "../../../src/units.ts";
import type { Sampling, Turn } from "./sampling.ts";

/** One of the cases that are measured in turn. */
export interface Interleaved {
  readonly sampling: Sampling;
  /** Takes one turn's samples; null where the case is out, for a reason that whoever gave it knows. */
  take(): Promise<Turn | null>;
  /** It is done: by its own rule, or, with null, because the time of all is over and it has too few samples. */
  end(reason: Stopping["reason"] | null): void;
}

export interface InterleaveOptions {
  /** Seconds since the group began. */
  readonly now: () => Seconds;
  /** When the time of all is over: what has enough samples is kept as timed out. */
  readonly until: Seconds;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Lets cases take turns until each is done: rounds of all that are not done, each round in an order drawn anew, so that drift and
 * bursts of noise fall on all alike and no case always follows the same other one.
 */
export const interleave = async (cases: readonly Interleaved[], { now, until, random }: InterleaveOptions): Promise<void> => {
  const running = new Set(cases);
  while (running.size > 0) {
    for (const each of shuffled([...running], random)) {
      const at = now();
      if (at >= until) {
        for (const { sampling, end } of running) end(sampling.isEnough ? "time-out" : null);
        return;
      }
      const turn = await each.take();
      if (turn === null) {
        running.delete(each);
        continue;
      }
      each.sampling.add(turn, at, now() - at);
      const reason = each.sampling.reasonOrNull();
      if (reason === null) continue;
      running.delete(each);
      each.end(reason);
    }
  }
};

/** Fisher and Yates. */
export const shuffled = <T>(items: readonly T[], random: () => number): T[] => {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
};
