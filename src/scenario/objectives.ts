import { z } from "zod";

const positive = z.number().positive();
const share = z.number().min(0).max(1);

export const LATENCIES = ["ttft", "tpot", "e2e"] as const;
export type LatencyMetric = (typeof LATENCIES)[number];
/** Percentiles that an objective can be on, by the share of requests that lie at or below. */
export const PERCENTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;
export type Percentile = keyof typeof PERCENTILES;
export type LatencyKey = `${LatencyMetric}_${Percentile}_s`;

const NAMES: Readonly<Record<LatencyMetric, string>> = {
  ttft: "the time to first token",
  tpot: "the time per output token after the first, of each request",
  e2e: "the time from arrival to the last token",
};

/** Limits of the two percentiles that are asked for where the user says nothing of them. */
const DEFAULTS: Partial<Record<LatencyKey, number>> = { ttft_p99_s: 2, tpot_p99_s: 0.1 };

const latency = (key: LatencyKey): z.ZodOptional<z.ZodNumber> => {
  const [metric, percentile] = key.split("_") as [LatencyMetric, Percentile];
  return positive.optional().meta({ description: `${PERCENTILES[percentile] * 100}th percentile of ${NAMES[metric]}` });
};

/** Objectives as data. A request that was rejected, gave up or never finished misses every latency objective. */
export const objectivesSchema = z
  .strictObject({
    ttft_p99_s: positive.default(DEFAULTS.ttft_p99_s!).meta({ description: "99th percentile of the time to first token" }),
    tpot_p99_s: positive
      .default(DEFAULTS.tpot_p99_s!)
      .meta({ description: "99th percentile of the time per output token after the first" }),
    ttft_p50_s: latency("ttft_p50_s"),
    ttft_p90_s: latency("ttft_p90_s"),
    ttft_p95_s: latency("ttft_p95_s"),
    tpot_p50_s: latency("tpot_p50_s"),
    tpot_p90_s: latency("tpot_p90_s"),
    tpot_p95_s: latency("tpot_p95_s"),
    e2e_p50_s: latency("e2e_p50_s"),
    e2e_p90_s: latency("e2e_p90_s"),
    e2e_p95_s: latency("e2e_p95_s"),
    e2e_p99_s: latency("e2e_p99_s"),
    goodput: share.optional().meta({ description: "Share of requests, at least, that are within the limits of all latency objectives" }),
    rejected: share.optional().meta({ description: "Share of requests, at most, that are rejected, give up, are cut off or lost" }),
    scale_events_per_h: z.number().min(0).optional().meta({ description: "Changes of the number of replicas, at most" }),
    gpu_hours_per_h: positive.optional().meta({ description: "GPUs paid for on average, at most: the budget" }),
    window_s: positive.optional().meta({
      description:
        "Latencies, goodput and rejections are to hold in every window of this length too, by arrival; over all of it by default",
    }),
    survive: z
      .int()
      .min(0)
      .optional()
      .meta({ description: "The objectives hold with so many of the replicas gone: a node that is lost, a rolling update" }),
  })
  .prefault({});
export type Objectives = z.infer<typeof objectivesSchema>;
