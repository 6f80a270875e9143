import { count, limit, percent, quantity, significant } from "../format.ts";
import type { Answered } from "./answered.ts";
import { BURST, breakingBurstOrNull } from "./stress/breaking-burst.ts";
import { breakingRateOrNull } from "./stress/breaking-rate.ts";
import { busiestOrNull, PEAK_WINDOWS } from "./stress/busiest.ts";
import { capacityInterval, stepErrorOrNull, type CapacityInterval } from "./confidence/capacity-interval.ts";
import type { Piece } from "./piece.ts";
import type { Headroom } from "./schema.ts";
import { PRECISION } from "./search/sustained-rate.ts";

/** How sure the number is. */
export const intervalOf = ({ request, question, search }: Answered): CapacityInterval =>
  capacityInterval(question, search, stepErrorOrNull(request.device), request.trace !== null);

/** The number itself: what one fewer misses, and how much more traffic it takes. */
export const capacityPart = (answered: Answered, { low, high, of, prediction }: CapacityInterval): Piece<"capacity"> => {
  const {
    question,
    search,
    replicas,
    serving: { meanRate },
    left: { replicas: left, sustained },
    fixed,
  } = answered;
  const { survive = 0 } = question.objectives;
  const fewer = search.atLeast - 1;
  const peaks = peaksOf(answered);
  const hasSessions = question.requestsOf(question.seeds[0] ?? 0).some(({ next }) => next !== undefined);
  const counted = hasSessions ? "sessions started a second" : "requests/s";
  return {
    fields: {
      capacity: {
        kind: "found",
        replicas,
        interval: { low, high: finiteOrNull(high), of },
        ...(prediction === undefined ? {} : { prediction: { low: prediction.low, high: finiteOrNull(prediction.high) } }),
        candidate: fixed(replicas),
        one_fewer: fewer > survive ? fixed(fewer) : null,
        breaks_at_rate: breakingRateOrNull(question, replicas),
        breaks_at_burst: { seconds: BURST, times_mean: breakingBurstOrNull(question, replicas, meanRate) },
        headroom_over_mean: sustained / meanRate - 1,
        headroom_over_peaks: peaks,
        ...(hasSessions ? { rates_count: "session starts" } : {}),
      },
    },
    notes: [
      `Headroom: ${quantity(left, "replica")} sustain${left === 1 ? "s" : ""} ${significant(sustained)} ${counted} (to within ${percent(PRECISION)}) where the same ${hasSessions ? "sessions" : "requests"} come as a steady Poisson stream; the mean is ${significant(meanRate)}${peaks.map(({ window_s, requests_per_s }) => `, that of the busiest ${limit(window_s)} ${significant(requests_per_s)}`).join("")}.`,
      BURST_NOTE,
    ],
  };
};

const finiteOrNull = (number: number): number | null => (number === Infinity ? null : number);

/** Over the busiest windows of the first seed's traffic. */
const peaksOf = ({ question, left: { sustained } }: Answered): Headroom[] =>
  PEAK_WINDOWS.flatMap((window) => {
    const busiest = busiestOrNull(question.requestsOf(question.seeds[0] ?? 0), window);
    if (busiest === null) return [];
    const rate = busiest.requests / window;
    return [{ window_s: window, requests_per_s: rate, headroom: sustained / rate - 1 }];
  });

const BURST_NOTE = `The burst that breaks it comes on top of the ${count(BURST)} s that are the busiest already, at random times, of requests drawn from all of the traffic; the objectives are held against the whole traffic with it.`;
