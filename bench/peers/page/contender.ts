import type { Seconds } from "../../../src/units.ts";
import { now } from "../../../harness/measure/sampling/wall-clock.ts";

/** A way of computing a problem, ready on the GPU: inputs are there, pipelines compiled or compiled by the first call. */
export interface Contender {
  /** Gives so many calls to the GPU's queue, results left there and freed; does not wait for the GPU. */
  issue(calls: number): void | Promise<void>;
  /** The result of one call, laid out as Ballast's kernels lay it out. */
  output(): Promise<ArrayLike<number>>;
  destroy(): void | Promise<void>;
}

/** One of the ways a library has for a problem. */
export interface Way {
  readonly name: string;
  prepare(): Promise<Contender>;
}

/** Calls that are issued at once: Ballast's are one pass, which the GPU gets when all of it is encoded. */
const MOST_AT_ONCE = 1000;

/** Seconds of one call: so many are issued, and the queue waited for once. */
export const timedCalls = async (queue: GPUQueue, contender: Contender, calls: number): Promise<Seconds> => {
  const started = now();
  for (let left = calls; left > 0; left -= MOST_AT_ONCE) {
    const issued = contender.issue(Math.min(left, MOST_AT_ONCE));
    if (issued !== undefined) await issued;
  }
  await queue.onSubmittedWorkDone();
  return (now() - started) / calls;
};

const MOST_CALLS = 100_000;

/** Calls that should last so long together. */
export const callsFor = (oneCall: Seconds, length: Seconds): number => Math.max(1, Math.min(MOST_CALLS, Math.ceil(length / oneCall)));

const GLANCE: Seconds = 0.06;
/** What a first call has besides, compiling and reading back, is little of so long a time. */
const LONG: Seconds = 4;

/**
 * Seconds of one call of a contender that has run before: of the faster of two samples, or of a single call that takes long anyway.
 *
 * @param first seconds until the result of its first call was there
 */
export const estimate = async (queue: GPUQueue, contender: Contender, first: Seconds): Promise<Seconds> => {
  if (first > LONG) return first;
  const guess = await timedCalls(queue, contender, 1);
  if (guess > 4 * GLANCE) return guess;
  return Math.min(guess, await timedCalls(queue, contender, callsFor(guess, GLANCE)));
};

/** Calls that do last so long together, found by issuing more and more: one that is waited for takes longer than one among many. */
export const callsLasting = async (queue: GPUQueue, contender: Contender, oneCall: Seconds, length: Seconds): Promise<number> => {
  if (oneCall > 2 * length) return 1;
  for (let calls = callsFor(oneCall, length); ;) {
    const each = await timedCalls(queue, contender, calls);
    if (calls * each >= length || calls === MOST_CALLS) return calls;
    // A tenth more than it seems to take, so that noise does not ask for another try.
    calls = Math.min(MOST_CALLS, Math.max(calls + 1, Math.ceil((1.1 * length) / each)));
  }
};
