import { civilDate, SECONDS_PER_DAY } from "../autoscaler/simple/calendar.ts";
import { count, limit, percent, plain, significant } from "../format.ts";
import type { Input } from "../provenance.ts";
import type { TrafficData } from "../traffic/data.ts";
import { bucketLengths } from "../traffic/prometheus/bucket-lengths.ts";
import { prometheusOf } from "../traffic/prometheus/generate.ts";
import { quantileBetween, type Histogram } from "../traffic/prometheus/histogram.ts";
import type { TrafficOf } from "../traffic/schema.ts";
import type { Seconds } from "../units.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";

/** What an answer takes from a Prometheus, and what it assumes where no metric says it. */
export const prometheusInputs = (from: GivenScenario, traffic: TrafficOf<"prometheus">, data: TrafficData): Input[] => {
  const { arrivals, prompts, outputs } = prometheusOf(traffic, data);
  const { window, begins, counts } = arrivals;
  const requests = counts.reduce((sum, one) => sum + one, 0);
  const given = { origin: "given", source: traffic.folder } as const;
  return [
    {
      name: "traffic",
      value: `${count(requests)} requests in ${limit(counts.length * window)} from ${utcTime(begins)} on, counted every ${limit(window)}, ${significant(requests / (counts.length * window))} requests/s on average`,
      ...given,
    },
    {
      name: `arrivals inside ${limit(window)}`,
      value: traffic.cv === 1 ? "as a Poisson process" : `gamma gaps of coefficient of variation ${plain(traffic.cv)}`,
      ...originOf(from, "traffic.cv", "no metric says it"),
    },
    ...(traffic.prompt === undefined && prompts !== null ? lengthInputs("prompt", prompts, traffic) : []),
    ...(traffic.output === undefined && outputs !== null ? lengthInputs("output", outputs, traffic) : []),
  ];
};

const lengthInputs = (side: "prompt" | "output", histogram: Histogram, { folder, max_tokens: most }: TrafficOf<"prometheus">): Input[] => {
  const { tilt, mean, measuredMean, buckets } = bucketLengths(histogram, most === undefined ? undefined : most - 1);
  const between = (share: number): string => {
    const { low, high } = quantileBetween(histogram, share);
    return high === Infinity ? `above ${count(low)}` : `${count(low)} to ${count(high)}`;
  };
  const beyond = (histogram.counts.at(-1) ?? 0) / histogram.count;
  const measured = measuredMean === null ? "" : `, mean ${count(measuredMean)}`;
  return [
    {
      name: side,
      value: `histogram of ${count(histogram.count)} requests: p50 ${between(0.5)}, p90 ${between(0.9)}, p99 ${between(0.99)} tokens${measured}`,
      origin: "given",
      source: folder,
    },
    {
      name: `${side}, inside a bucket`,
      value:
        measuredMean === null
          ? `log-uniform, mean ${count(mean)}`
          : `density as length to the power of ${plain(tilt - 1, 2)}, the same in all buckets, for a mean of ${count(mean)}`,
      origin: "assumed",
      source: measuredMean === null ? "the histogram has no sum" : "fitted to the histogram's sum",
    },
    ...(beyond === 0
      ? []
      : [
          {
            name: `${side}, above the last bound`,
            value: `${percent(beyond)} of the requests, up to ${count(buckets.at(-1)!.high)} tokens`,
            origin: "assumed" as const,
            source: "the next bound that there would be, or the model's limit",
          },
        ]),
  ];
};

/** `2026-03-30T08:00:00Z` */
export const utcTime = (seconds: Seconds): string => {
  const whole = Math.floor(seconds);
  const { year, month, day } = civilDate(Math.floor(whole / SECONDS_PER_DAY));
  const inDay = whole - Math.floor(whole / SECONDS_PER_DAY) * SECONDS_PER_DAY;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)}T${two(inDay / 3600)}:${two((inDay % 3600) / 60)}:${two(inDay % 60)}Z`;
};
