import type { DeviceModel } from "../../calibration/device-model.ts";
import { quantity } from "../../format.ts";
import { exp } from "../../math.ts";
import type { StepTimeModel } from "../../replica/step-batch.ts";
import { createStreams } from "../../sim/streams.ts";
import { Z_95 } from "../../stats/normal.ts";
import { localBlockBootstrap } from "./block-bootstrap.ts";
import { firstOrNull } from "../search/first-that-holds.ts";
import { isBetterWithMore, type FixedSearch } from "../search/fixed-capacity.ts";
import { questionsUnderHardship } from "../search/hardships.ts";
import type { Question } from "../search/question.ts";
import { Race } from "../search/racing.ts";
import { replicate, verdictOf } from "../search/replications.ts";
import type { Verdict } from "../objectives/verdict.ts";

/** The numbers of replicas that the answer could be, at 95 %. */
export interface CapacityInterval {
  readonly low: number;
  /** Infinite where no number that was tried is enough. */
  readonly high: number;
  /** What it holds, in words. */
  readonly of: string;
  /**
   * The numbers that another stretch of traffic like the trace could need, at 95 %: wider than the interval by √2, since that stretch is a matter of
   * chance as well as this one. Absent of generated traffic, whose replications are such stretches.
   */
  readonly prediction?: { readonly low: number; readonly high: number };
}

/** Draws of a trace and of the step model's error: the least and the largest of 39 hold 95 %. */
const DRAWS = 39;

/** The standard normal's 90 % two-sided quantile: from the 90th percentile of absolute errors to a standard deviation. */
const Z_90 = 1.644854;

/** Relative standard deviation of the step model's error, taken to be the same for all steps of a run; null where it was not checked. */
export const stepErrorOrNull = ({ step: { error } }: DeviceModel): number | null =>
  error.kind === "checked" ? error.p90_abs / Z_90 : null;

/** Step times that are all longer by one factor. */
const scaled = (model: StepTimeModel, factor: number): StepTimeModel => ({
  stepTime: (batch) => Math.max(1, Math.floor(model.stepTime(batch) * factor + 0.5)),
  isExtrapolated: (batch) => model.isExtrapolated(batch),
});

/** A question whose steps all take so many times as long. */
export const withSteps = (question: Question, factor: number): Question =>
  factor === 1 ? question : { ...question, setup: { ...question.setup, stepTime: scaled(question.setup.stepTime, factor) } };

/**
 * How far the smallest fixed number could be off.
 *
 * Of a trace: the number is found again for traces as it could have been (local block bootstrap), each with step times that are off by one
 * draw of the step model's error; the interval is from the least to the largest of 39. Of generated traffic: from the numbers that the
 * replications leave open, found again with step times that are off by 1.96 standard deviations either way.
 */
export const capacityInterval = (
  question: Question,
  found: Extract<FixedSearch, { kind: "found" }>,
  stepError: number | null,
  isTrace: boolean,
): CapacityInterval => withAlternatives(question, found.replicas, intervalAsCounted(question, found, stepError, isTrace));

/** The same interval, up to what is needed where the traffic came in another way. */
const withAlternatives = (question: Question, replicas: number, interval: CapacityInterval): CapacityInterval => {
  const { alternatives = [] } = question;
  const [first] = alternatives;
  if (first === undefined) return interval;
  const most = mostOf(replicas);
  const needed = alternatives.map(({ name, requestsOf }) => {
    const race = new Race({ ...question, requestsOf }, isBetterWithMore);
    const meets = (number: number): boolean =>
      race.decide({ kind: "fixed", replicas: number }, `${quantity(number, "replica")}, ${name}`) === "meets";
    return { name, number: firstBetween(replicas, most, replicas, meets) ?? Infinity };
  });
  const worst = needed.reduce((a, b) => (b.number > a.number ? b : a));
  const own = worst.number === Infinity ? "more than were tried" : worst.number === replicas ? "no more" : `${replicas} to ${worst.number}`;
  return {
    low: interval.low,
    high: Math.max(interval.high, worst.number),
    of: `${interval.of}, and ${first.of}, which no metric shows (up to ${alternatives.at(-1)!.name}: ${own} for that alone)`,
  };
};

const intervalAsCounted = (
  question: Question,
  found: Extract<FixedSearch, { kind: "found" }>,
  stepError: number | null,
  isTrace: boolean,
): CapacityInterval => {
  const { survive = 0 } = question.objectives;
  const ofSteps = stepError === null ? "" : " and the step model's held-out error";
  if (isTrace) {
    const { replicas } = found;
    const numbers = Array.from({ length: DRAWS }, (_, draw) => numberOfDraw(question, replicas, stepError ?? 0, draw));
    const [low, high] = [Math.min(replicas, ...numbers), Math.max(replicas, ...numbers)];
    return {
      low,
      high,
      of: `resamples of the trace in blocks${ofSteps}`,
      prediction: {
        low: Math.max(survive + 1, Math.floor(replicas - Math.SQRT2 * (replicas - low))),
        high: Math.ceil(replicas + Math.SQRT2 * (high - replicas)),
      },
    };
  }
  const of = question.seeds.length === 1 ? ofOneDraw(stepError) : `the replications${ofSteps}`;
  if (stepError === null || stepError === 0) return { low: found.atLeast, high: found.replicas, of };
  const verdictWith = (z: number): ((replicas: number) => Verdict) => {
    const race = new Race(withSteps(question, exp(z * stepError)), isBetterWithMore);
    return (replicas) => race.decide({ kind: "fixed", replicas }, `${quantity(replicas, "replica")}, step times off`);
  };
  const [fast, slow] = [verdictWith(-Z_95), verdictWith(Z_95)];
  const { atLeast, replicas } = found;
  const low = firstBetween(survive + 1, atLeast - 1, atLeast - 1, (number) => fast(number) !== "misses") ?? atLeast;
  const high = firstBetween(replicas, mostOf(replicas), replicas, (number) => slow(number) === "meets") ?? Infinity;
  return { low, high, of };
};

/** What the interval holds where generated traffic is drawn once: nothing of chance. */
const ofOneDraw = (stepError: number | null): string =>
  `${stepError === null ? "nothing" : "the step model's held-out error"} (one simulation says nothing of how another draw of the traffic would differ)`;

/** The first of these numbers that holds, looked for from one of them on, taking it that more are never worse; null where none does. */
const firstBetween = (least: number, most: number, start: number, holds: (replicas: number) => boolean): number | null => {
  const at = firstOrNull(Math.max(0, most - least + 1), start - least, (place) => holds(least + place));
  return at === null ? null : least + at;
};

/** The search for an end of the interval goes no further: half as many again. */
const mostOf = (replicas: number): number => Math.ceil(1.5 * replicas) + 1;

/** The smallest number for one draw of the trace and of the step error, looked for from the answer on; infinite where none that is tried will do. */
const numberOfDraw = (question: Question, start: number, stepError: number, draw: number): number => {
  const [seed = 0] = question.seeds;
  const streams = createStreams(seed);
  const factor = stepError === 0 ? 1 : exp(stepError * streams.named(`step-error/${draw}`).normal());
  const requests = localBlockBootstrap(question.requestsOf(seed), streams.named(`bootstrap/${draw}`));
  const drawn = withSteps({ ...question, requestsOf: () => requests }, factor);
  const { survive = 0 } = question.objectives;
  const meets = (replicas: number): boolean => {
    question.onProgress(`resample ${draw + 1} of ${DRAWS}, ${quantity(replicas, "replica")}`);
    return questionsUnderHardship(drawn).every((each) => {
      const { counts } = replicate(each, { kind: "fixed", replicas }, seed);
      return verdictOf([counts], drawn.objectives, isBetterWithMore) === "meets";
    });
  };
  return firstBetween(survive + 1, mostOf(start), start, meets) ?? Infinity;
};
