import { medianInterval, relativeNoise } from "../../../src/stats/median-interval.ts";
import type { Seconds } from "../../../src/units.ts";

/** When to stop sampling: once the median is known well enough, or there are enough samples, or time is up. */
export interface StoppingRule {
  /** Fewest samples before the median may count as known. */
  readonly fewest: number;
  readonly most: number;
  /** Half the width of the median's 95 % interval, relative to the median. */
  readonly noise: number;
  /** Not before this time: noise that comes and goes, such as another program's turn, shows only over a while. */
  readonly shortest: Seconds;
  readonly timeLimit: Seconds;
}

/** Why sampling stops here; null where it goes on. */
export const stopReasonOrNull = (
  samples: readonly number[],
  elapsed: Seconds,
  { fewest, most, noise, shortest, timeLimit }: StoppingRule,
): "precise" | "enough" | "time is up" | null => {
  const mayBePrecise = samples.length >= Math.max(1, fewest) && elapsed >= shortest;
  if (mayBePrecise && relativeNoise(medianInterval(samples)) <= noise) return "precise";
  if (samples.length >= most) return "enough";
  return elapsed >= timeLimit ? "time is up" : null;
};

/**
 * Samples until the rule says stop. Time may be up before the first sample came, where every one was dropped.
 *
 * @param take gives the samples of one submit; none where all of them were dropped
 */
export const sampleUntil = async (take: () => Promise<readonly Seconds[]>, rule: StoppingRule, now: () => Seconds): Promise<Seconds[]> => {
  const started = now();
  const samples: Seconds[] = [];
  do samples.push(...(await take()));
  while (stopReasonOrNull(samples, now() - started, rule) === null);
  return samples;
};
