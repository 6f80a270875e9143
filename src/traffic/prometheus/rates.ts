import { InputError } from "../../errors.ts";
import type { Seconds } from "../../units.ts";
import { together } from "./counters.ts";
import type { Matrix, Series } from "./matrix.ts";

/** How many requests arrived in one window after another, all of one length. */
export interface ArrivalCounts {
  readonly window: Seconds;
  /** When the first window begins, in seconds since 1970. */
  readonly begins: Seconds;
  /** One for each window; not whole where they come from rates or from gaps. */
  readonly counts: readonly number[];
  /** What had to be taken for granted, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Arrivals by the servers' own counters of finished requests (`vllm:request_success_total`).
 *
 * With the gauges of running and waiting requests, what arrived in a window is what finished in it and what the number in flight grew by: exact,
 * as all three come from one scrape. Without them requests count when they end.
 *
 * @throws InputError where the gauges have other times than the counter
 */
export const arrivalsOfCounter = (finished: Matrix, inFlight: readonly Matrix[]): ArrivalCounts => {
  const servers = byServer(finished);
  const gains = together(
    finished,
    servers.map((series) => ({ leader: series, counted: series })),
  );
  const counts = [...gains.bySteps];
  for (const gauge of inFlight) {
    checkSameTimes(gauge, finished);
    for (const [step, grown] of growthOf(gauge).entries()) counts[step]! += grown;
  }
  return {
    window: finished.step,
    begins: finished.start,
    counts: counts.map((count) => Math.max(0, count)),
    notes: [
      ...(inFlight.length > 0
        ? []
        : [
            "Requests are counted when they end, since the gauges of running and waiting requests are not there: each arrives its own latency too late.",
          ]),
      ...(gains.resets === 0
        ? []
        : [`Request counters began anew ${gains.resets} times: what a server had counted since its last scrape is not known.`]),
      ...(gains.inGaps === 0
        ? []
        : [`${whole(gains.inGaps)} requests fell into gaps between the samples of a server, and are spread evenly over them.`]),
      ...(gains.ofNew === 0
        ? []
        : [`${whole(gains.ofNew)} requests are of servers that came inside the range, whose counters are taken to begin at 0 then.`]),
    ],
  };
};

/**
 * Arrivals by a rate, in requests per second: a query of one's own, of a gateway for instance. A value holds from the time before it to its own; several series add up.
 *
 * @throws InputError where no series has a value at a time
 */
export const arrivalsOfRate = (rate: Matrix): ArrivalCounts => {
  const { place, start, step, times, series } = rate;
  const counts = Array<number>(times).fill(0);
  const known = Array<boolean>(times).fill(false);
  for (const { at, values } of series) {
    for (const [i, time] of at.entries()) {
      counts[time]! += values[i]! * step;
      known[time] = true;
    }
  }
  const missing = known.filter((isKnown) => !isKnown).length;
  if (missing > 0) {
    throw new InputError(
      place,
      `expected a value every ${step} s, got none at ${missing} of ${times} times, first at ${start + known.indexOf(false) * step}`,
      "Save the counter instead, as requests.json: it loses nothing in a gap. Or choose a range without one.",
    );
  }
  return { window: step, begins: start - step, counts, notes: [] };
};

const whole = (value: number): string => String(Math.floor(value + 0.5));

/** Labels within one server: requests are counted by how they ended. */
const PARTS = new Set(["finished_reason"]);

/** One counter for each server: the sum of its parts, each 0 until it appears. */
const byServer = ({ series }: Matrix): Series[] => {
  const found = new Map<string, Series[]>();
  for (const one of series) {
    const own = Object.entries(one.labels).filter(([name]) => !PARTS.has(name));
    const key = JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)));
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()].map((parts): Series => {
    const sums = new Map<number, number>();
    for (const { at, values } of parts) for (const [i, time] of at.entries()) sums.set(time, (sums.get(time) ?? 0) + values[i]!);
    const at = [...sums.keys()].sort((a, b) => a - b);
    return { ...parts[0]!, at, values: at.map((time) => sums.get(time)!) };
  });
};

/** How much a gauge's series grew from each time to the next. One that begins inside the range grew from 0; one that ends took what it had with it. */
const growthOf = ({ series, times }: Matrix): number[] => {
  const grown = Array<number>(times - 1).fill(0);
  for (const { at, values } of series) {
    if (at[0]! > 0) grown[at[0]! - 1]! += values[0]!;
    for (let i = 1; i < at.length; i += 1) {
      const [from, to] = [at[i - 1]!, at[i]!];
      for (let step = from; step < to; step += 1) grown[step]! += (values[i]! - values[i - 1]!) / (to - from);
    }
  }
  return grown;
};

const checkSameTimes = (matrix: Matrix, other: Matrix): void => {
  const describe = ({ start, step, times }: Matrix): string => `${times} from ${start} on, ${step} s apart`;
  if (describe(matrix) === describe(other)) return;
  throw new InputError(
    matrix.place,
    `expected the times of ${other.place}, ${describe(other)}, got ${describe(matrix)}`,
    "Ask for both with the same start, end and step.",
  );
};
