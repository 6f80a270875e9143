import type { Seconds } from "../units.ts";
import { cosineOfTurns } from "./cosine.ts";
import { equilibriumGamma, unitGamma } from "./gaps.ts";
import type { RandomStream } from "./random.ts";
import type { TrafficOf } from "./schema.ts";

/** Arrival times of a Poisson process from 0 up to `duration`: independent exponential gaps. */
export function* poissonArrivals(requestsPerSecond: number, duration: Seconds, stream: RandomStream): Generator<Seconds> {
  for (let at = stream.exponential(1 / requestsPerSecond); at < duration; at += stream.exponential(1 / requestsPerSecond)) yield at;
}

/**
 * Arrival times of a renewal process with gamma gaps. It has been going on for ever when it begins, so the expected rate is
 * `requests_per_s` from the first second on; over long bins the index of dispersion approaches cv².
 *
 * @see Cox 1962, Renewal Theory
 */
export function* gammaArrivals({ requests_per_s, duration_s, cv }: TrafficOf<"gamma">, stream: RandomStream): Generator<Seconds> {
  const shape = 1 / (cv * cv);
  for (let at = equilibriumGamma(shape, stream) / requests_per_s; at < duration_s; at += unitGamma(shape, stream) / requests_per_s) {
    yield at;
  }
}

/** A stretch of time with one rate. */
interface Phase {
  readonly rate: number;
  readonly until: Seconds;
}

/** Poisson arrivals at one rate after another: gaps at rate 1 are stretched by the rates of the phases they span. */
function* modulatedArrivals(phases: Iterable<Phase>, stream: RandomStream): Generator<Seconds> {
  let at: Seconds = 0;
  let gap = stream.exponential(1);
  for (const { rate, until } of phases) {
    for (;;) {
      const next = at + gap / rate;
      if (!(next < until)) break;
      yield next;
      at = next;
      gap = stream.exponential(1);
    }
    gap -= (until - at) * rate;
    at = until;
  }
}

/** The two rates of bursty traffic, such that its mean over calm and burst is `requests_per_s`. */
export const burstyRates = ({ requests_per_s, burst_factor, burst_s, calm_s }: TrafficOf<"bursty">): { calm: number; burst: number } => {
  const calm = (requests_per_s * (burst_s + calm_s)) / (calm_s + burst_factor * burst_s);
  return { calm, burst: burst_factor * calm };
};

/**
 * Arrival times of a two-state Markov-modulated Poisson process: calm and burst alternate, each for an exponential time; within one,
 * arrivals are Poisson at its rate. It begins in equilibrium (in a burst with probability `burst_s / (burst_s + calm_s)`), so the
 * expected rate is `requests_per_s` from the first second on; a run of few bursts may lie well off it.
 *
 * @param arrivals draws the gaps, at rate 1
 * @param bursts draws when calm and burst begin and end
 * @see Fischer and Meier-Hellstern 1993, https://doi.org/10.1016/0166-5316(93)90035-S
 */
export const burstyArrivals = (traffic: TrafficOf<"bursty">, arrivals: RandomStream, bursts: RandomStream): Iterable<Seconds> =>
  modulatedArrivals(burstyPhases(traffic, bursts), arrivals);

function* burstyPhases(traffic: TrafficOf<"bursty">, bursts: RandomStream): Generator<Phase> {
  const { burst_s, calm_s, duration_s } = traffic;
  const rates = burstyRates(traffic);
  let isBurst = bursts.uniform() < burst_s / (burst_s + calm_s);
  for (let until: Seconds = 0; until < duration_s; isBurst = !isBurst) {
    until += bursts.exponential(isBurst ? burst_s : calm_s);
    yield { rate: isBurst ? rates.burst : rates.calm, until: Math.min(until, duration_s) };
  }
}

/** Arrival times of Poisson traffic whose rate changes by steps. */
export const steppedArrivals = ({ steps }: TrafficOf<"steps">, stream: RandomStream): Iterable<Seconds> => {
  let until: Seconds = 0;
  const phases = steps.map(({ for_s, requests_per_s }): Phase => ({ rate: requests_per_s, until: (until += for_s) }));
  return modulatedArrivals(phases, stream);
};

/** Requests per second at a time of diurnal traffic. */
export const diurnalRate = ({ requests_per_s, swing, peak_s, day_s }: TrafficOf<"diurnal">, at: Seconds): number =>
  requests_per_s * (1 + swing * cosineOfTurns((at - peak_s) / day_s));

/**
 * Arrival times of Poisson traffic with a daily swing, by thinning a Poisson process at the peak's rate.
 *
 * @see Lewis and Shedler 1979, https://doi.org/10.1002/nav.3800260304
 */
export function* diurnalArrivals(traffic: TrafficOf<"diurnal">, arrivals: RandomStream, thinning: RandomStream): Generator<Seconds> {
  const peak = traffic.requests_per_s * (1 + traffic.swing);
  for (const at of poissonArrivals(peak, traffic.duration_s, arrivals)) {
    if (thinning.uniform() * peak < diurnalRate(traffic, at)) yield at;
  }
}
