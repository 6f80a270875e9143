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

/** Seconds of one call: so many are issued, and the queue waited for once. */
export const timedCalls = async (queue: GPUQueue, contender: Contender, calls: number): Promise<Seconds> => {
  const started = now();
  const issued = contender.issue(calls);
  if (issued !== undefined) await issued;
  await queue.onSubmittedWorkDone();
  return (now() - started) / calls;
};

const MOST_CALLS = 1000;

/** Calls that last at least so long together. */
export const callsFor = (oneCall: Seconds, length: Seconds): number => Math.max(1, Math.min(MOST_CALLS, Math.ceil(length / oneCall)));

const GLANCE: Seconds = 0.06;

/** Seconds of one call of a contender that has run before: of the faster of two samples, or of a single call that takes long anyway. */
export const estimate = async (queue: GPUQueue, contender: Contender): Promise<Seconds> => {
  const guess = await timedCalls(queue, contender, 1);
  if (guess > 4 * GLANCE) return guess;
  return Math.min(guess, await timedCalls(queue, contender, callsFor(guess, GLANCE)));
};
