import type { Bytes } from "../../../src/units.ts";

/**
 * Bytes that may be under way. The browser copies what it is given into staging memory without a limit of its own and would run
 * out of it; so much keeps a link of 50 GB/s busy over the 2.4 ms in which completion is polled.
 */
export const MOST_IN_FLIGHT: Bytes = 256 * 2 ** 20;

/** Keeps count of what is under way, in two windows: one is filled while the one before it drains. */
export interface BackPressure {
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  add(bytes: Bytes): void;
}

export const backPressure = (queue: GPUQueue, mostInFlight: Bytes = MOST_IN_FLIGHT): BackPressure => {
  let bytes = 0;
  let draining: Promise<undefined> | undefined;
  return {
    ready: async () => {
      if (bytes < mostInFlight / 2) return;
      bytes = 0;
      // Without a submit, writes wait for the next one and the queue counts as done.
      queue.submit([]);
      const current = queue.onSubmittedWorkDone();
      await draining;
      draining = current;
    },
    add: (added) => {
      bytes += added;
    },
  };
};
