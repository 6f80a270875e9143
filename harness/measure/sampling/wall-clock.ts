import type { Seconds } from "../../../src/units.ts";

/** The page's monotonic clock: steps of 5 µs where the page is cross-origin isolated, else 100 µs. */
export const now = (): Seconds => performance.now() / 1000;

/** Wall time from before `submit` until the GPU has finished all it was given. */
export const roundTrip = async (queue: GPUQueue, submit: () => void): Promise<Seconds> => {
  const started = now();
  submit();
  await queue.onSubmittedWorkDone();
  return now() - started;
};

/** The same, `times` over. */
export const roundTrips = async (queue: GPUQueue, times: number, submit: () => void): Promise<Seconds[]> => {
  const samples: Seconds[] = [];
  for (let i = 0; i < times; i++) samples.push(await roundTrip(queue, submit));
  return samples;
};
