import type { Seconds } from "../../src/units.ts";

/** Resolves after `limit`; `cancel` so that no timer outlives the race it was for. */
export const timer = (limit: Seconds) => {
  let handle: NodeJS.Timeout | undefined;
  const done = new Promise<"late">((resolve) => {
    handle = setTimeout(() => resolve("late"), limit * 1000);
  });
  return { done, cancel: () => clearTimeout(handle) };
};

/** Rejects with the signal's reason once it is aborted. */
export const aborted = (signal: AbortSignal | undefined) => {
  let stop = () => {};
  const done = new Promise<never>((_, reject) => {
    if (signal === undefined) return;
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    stop = () => signal.removeEventListener("abort", onAbort);
  });
  done.catch(() => {}); // it may reject when nobody is racing any more
  return { done, cancel: () => stop() };
};
