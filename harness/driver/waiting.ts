import type { Seconds } from "../../src/units.ts";

/** Resolves after `limit`, counted anew from each `restart`; `cancel` so that no timer outlives the race it was for. */
export const timer = (limit: Seconds) => {
  let handle: NodeJS.Timeout | undefined;
  let restart = (_limit: Seconds): void => {};
  const done = new Promise<"late">((resolve) => {
    restart = (anew) => {
      clearTimeout(handle);
      handle = setTimeout(() => resolve("late"), anew * 1000);
    };
    restart(limit);
  });
  return { done, restart: (anew: Seconds) => restart(anew), cancel: () => clearTimeout(handle) };
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
