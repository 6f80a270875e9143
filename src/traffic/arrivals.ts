import type { Seconds } from "../units.ts";
import type { RandomStream } from "./random.ts";
import type { Traffic } from "./schema.ts";

/** Arrival times of a Poisson process from 0 up to `duration`: independent exponential gaps. */
export function* poissonArrivals(requestsPerSecond: number, duration: Seconds, stream: RandomStream): Generator<Seconds> {
  for (let at = stream.exponential(1 / requestsPerSecond); at < duration; at += stream.exponential(1 / requestsPerSecond)) yield at;
}

type Bursty = Extract<Traffic, { kind: "bursty" }>;

/** The two rates of bursty traffic, such that its mean over calm and burst is `requests_per_s`. */
export const burstyRates = ({ requests_per_s, burst_factor, burst_s, calm_s }: Bursty): { calm: number; burst: number } => {
  const calm = (requests_per_s * (burst_s + calm_s)) / (calm_s + burst_factor * burst_s);
  return { calm, burst: burst_factor * calm };
};

/**
 * Arrival times of a two-state Markov-modulated Poisson process: calm and burst alternate, each for an exponential time; within one,
 * arrivals are Poisson at its rate. It begins in equilibrium (in a burst with probability `burst_s / (burst_s + calm_s)`), so the
 * expected rate is `requests_per_s` from the first second on; a run of few bursts may lie well off it.
 *
 * @param arrivals draws the gaps, at rate 1; a gap is stretched by the rate of the phases it spans
 * @param bursts draws when calm and burst begin and end
 * @see Fischer and Meier-Hellstern 1993, https://doi.org/10.1016/0166-5316(93)90035-S
 */
export function* burstyArrivals(traffic: Bursty, arrivals: RandomStream, bursts: RandomStream): Generator<Seconds> {
  const { burst_s, calm_s, duration_s } = traffic;
  const rates = burstyRates(traffic);
  let isBurst = bursts.uniform() < burst_s / (burst_s + calm_s);
  let at: Seconds = 0;
  let phaseEnd = bursts.exponential(isBurst ? burst_s : calm_s);
  let gap = arrivals.exponential(1);
  for (;;) {
    const rate = isBurst ? rates.burst : rates.calm;
    const next = at + gap / rate;
    if (next < phaseEnd) {
      if (next >= duration_s) return;
      yield next;
      at = next;
      gap = arrivals.exponential(1);
    } else {
      if (phaseEnd >= duration_s) return;
      gap -= (phaseEnd - at) * rate;
      at = phaseEnd;
      isBurst = !isBurst;
      phaseEnd += bursts.exponential(isBurst ? burst_s : calm_s);
    }
  }
}
