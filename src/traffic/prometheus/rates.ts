import { InputError } from "../../errors.ts";
import { limit } from "../../format.ts";
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
 * as all three come from one scrape. Of a server that began anew the number grows from 0: what it lost had arrived before. What came to it after its
 * last scrape before that is not known. Without the gauges requests count when they end.
 *
 * A counter may begin later than the gauges: with the first request that ended. Requests are counted from there on.
 *
 * @throws InputError where the gauges lack a time of the counter
 */
export const arrivalsOfCounter = (finished: Matrix, inFlight: readonly Matrix[]): ArrivalCounts => {
  const servers = byServer(finished);
  const gains = together(
    finished,
    servers.map((series) => ({ leader: series, counted: series })),
  );
  const counts = [...gains.bySteps];
  const restarts = new Map(servers.map((series) => [serverOf(series), restartsOf(series)]));
  const shifts = inFlight.map((gauge) => shiftOf(gauge, finished));
  for (const [i, gauge] of inFlight.entries()) addGrowth(counts, gauge, shifts[i]!, restarts);
  const late = Math.max(0, ...shifts.map((shift) => -shift)) * finished.step;
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
      ...(late === 0 ? [] : [`Requests are counted from ${limit(late)} after the gauges' first sample on, where their counter begins.`]),
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

/** Labels that tell the series of one server from one another: requests are counted by how they ended. */
const OWN = new Set(["__name__", "finished_reason"]);

/** The server that a series is of, by its labels. */
const serverOf = ({ labels }: Series): string =>
  JSON.stringify(
    Object.entries(labels)
      .filter(([name]) => !OWN.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** One counter for each server: the sum of its parts, each 0 until it appears. */
const byServer = ({ series }: Matrix): Series[] => {
  const found = new Map<string, Series[]>();
  for (const one of series) {
    const key = serverOf(one);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()].map((parts): Series => {
    const sums = new Map<number, number>();
    for (const { at, values } of parts) for (const [i, time] of at.entries()) sums.set(time, (sums.get(time) ?? 0) + values[i]!);
    const at = [...sums.keys()].sort((a, b) => a - b);
    return { ...parts[0]!, at, values: at.map((time) => sums.get(time)!) };
  });
};

/** From one place in the times to a later one. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Between which samples a counter began anew. */
const restartsOf = ({ at, values }: Series): Span[] =>
  at.flatMap((to, i) => (i > 0 && values[i]! < values[i - 1]! ? [{ from: at[i - 1]!, to }] : []));

/**
 * Adds how much a gauge's series grew from each time to the next. One that begins inside the range grew from 0, and so did one whose server began anew;
 * one that ends took what it had with it.
 *
 * @param shift from the gauge's times to those of the counts
 */
const addGrowth = (counts: number[], { series }: Matrix, shift: number, restarts: ReadonlyMap<string, readonly Span[]>): void => {
  const add = (step: number, grown: number): void => {
    if (counts[step] !== undefined) counts[step] += grown;
  };
  for (const one of series) {
    const { values } = one;
    const at = one.at.map((place) => place + shift);
    if (one.at[0]! > 0) add(at[0]! - 1, values[0]!);
    const anew = new Set((restarts.get(serverOf(one)) ?? []).map((span) => deepestFall(at, values, span)));
    for (let i = 1; i < at.length; i += 1) {
      const [from, to] = [at[i - 1]!, at[i]!];
      const grown = values[i]! - (anew.has(i) ? 0 : values[i - 1]!);
      for (let step = from; step < to; step += 1) add(step, grown / (to - from));
    }
  }
};

/** The sample of a gauge with which a restart shows: of those that follow on a time in the span, the one that is lowest below the one before. */
const deepestFall = (at: readonly number[], values: readonly number[], { from, to }: Span): number => {
  let [deepest, fall] = [0, -Infinity];
  for (let i = 1; i < at.length; i += 1) {
    if (at[i]! <= from || at[i - 1]! >= to || values[i - 1]! - values[i]! <= fall) continue;
    [deepest, fall] = [i, values[i - 1]! - values[i]!];
  }
  return deepest;
};

/** From the times of a gauge to those of the counter. */
const shiftOf = (gauge: Matrix, counter: Matrix): number => {
  const shift = Math.floor((gauge.start - counter.start) / counter.step + 0.5);
  const isOnGrid = Math.abs(counter.start + shift * counter.step - gauge.start) < 0.01 * counter.step;
  if (gauge.step === counter.step && isOnGrid && shift <= 0 && shift + gauge.times >= counter.times) return shift;
  const describe = ({ start, step, times }: Matrix): string => `${times} from ${start} on, ${step} s apart`;
  throw new InputError(
    gauge.place,
    `expected all times of ${counter.place}, ${describe(counter)}, got ${describe(gauge)}`,
    "Ask for both with the same start, end and step.",
  );
};
