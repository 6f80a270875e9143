import { z } from "zod";

const positive = z.number().positive();
const share = z.number().min(0).max(1);

/** Latencies of a request. `itl`, the gaps between its tokens, is the only one of which a request has many. */
export const LATENCIES = ["ttft", "tpot", "itl", "e2e"] as const;
export type LatencyMetric = (typeof LATENCIES)[number];
/** Percentiles that an objective can be on, by the share of requests that lie at or below. */
export const PERCENTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;
export type Percentile = keyof typeof PERCENTILES;
export type LatencyKey = `${LatencyMetric}_${Percentile}_s`;

const NAMES: Readonly<Record<LatencyMetric, string>> = {
  ttft: "the time to first token",
  tpot: "the time per output token after the first, of each request",
  itl: "the gaps between tokens that follow each other, of all gaps of all requests",
  e2e: "the time from arrival to the last token",
};

/** Limits of the two percentiles that are asked for where the user says nothing of them. */
const DEFAULTS: Partial<Record<LatencyKey, number>> = { ttft_p99_s: 2, tpot_p99_s: 0.1 };

const latency = (key: LatencyKey): z.ZodOptional<z.ZodNumber> => {
  const [metric, percentile] = key.split("_") as [LatencyMetric, Percentile];
  return positive.optional().meta({ description: `${PERCENTILES[percentile] * 100}th percentile of ${NAMES[metric]}` });
};

const otherLatencies = {
  ttft_p50_s: latency("ttft_p50_s"),
  ttft_p90_s: latency("ttft_p90_s"),
  ttft_p95_s: latency("ttft_p95_s"),
  tpot_p50_s: latency("tpot_p50_s"),
  tpot_p90_s: latency("tpot_p90_s"),
  tpot_p95_s: latency("tpot_p95_s"),
  itl_p50_s: latency("itl_p50_s"),
  itl_p90_s: latency("itl_p90_s"),
  itl_p95_s: latency("itl_p95_s"),
  itl_p99_s: latency("itl_p99_s"),
  e2e_p50_s: latency("e2e_p50_s"),
  e2e_p90_s: latency("e2e_p90_s"),
  e2e_p95_s: latency("e2e_p95_s"),
  e2e_p99_s: latency("e2e_p99_s"),
};

const shares = {
  goodput: share.optional().meta({ description: "Share of requests, at least, that are within the limits of all latency objectives" }),
  rejected: share.optional().meta({ description: "Share of requests, at most, that are rejected, give up, are cut off or lost" }),
};

const classSchema = z.strictObject({
  priority: z.number().meta({ description: "The requests that it is of: those of this priority in the traffic" }),
  ttft_p99_s: latency("ttft_p99_s"),
  tpot_p99_s: latency("tpot_p99_s"),
  ...otherLatencies,
  ...shares,
});

/**
 * Objectives as data. A request that was rejected, gave up or never finished misses every latency objective.
 *
 * A class's objective takes its requests out of the objectives of the same name that are for all: `ttft_p50_s` of a class out of every
 * other on TTFT, as `admission.deadline` has its classes.
 */
export const objectivesSchema = z
  .strictObject({
    ttft_p99_s: positive.default(DEFAULTS.ttft_p99_s!).meta({ description: "99th percentile of the time to first token" }),
    tpot_p99_s: positive
      .default(DEFAULTS.tpot_p99_s!)
      .meta({ description: "99th percentile of the time per output token after the first" }),
    ...otherLatencies,
    ...shares,
    classes: z
      .array(classSchema)
      .optional()
      .meta({ description: "Objectives of some requests only, by priority; on what they name, the others are without these requests" }),
    scale_events_per_h: z.number().min(0).optional().meta({ description: "Changes of the number of replicas, at most" }),
    gpu_hours_per_h: positive.optional().meta({ description: "GPUs paid for on average, at most: the budget" }),
    cost_per_h: positive.optional().meta({ description: "The budget in money, by the scenario's prices" }),
    window_s: positive.optional().meta({
      description:
        "Latencies, goodput and rejections are to hold in every window of this length too, by arrival; over all of it by default",
    }),
    survive: z.int().min(0).optional().meta({
      description:
        "The objectives hold with so many of the replicas gone from the beginning, with so many lost when it is busiest, and during a rolling update then",
    }),
  })
  .prefault({});
export type Objectives = z.infer<typeof objectivesSchema>;
export type ClassObjectives = z.infer<typeof classSchema>;

/** Objectives, and others in place of those that they name. */
export const withObjectives = (objectives: Objectives, others: Partial<Objectives>): Objectives => {
  const classes = [...(objectives.classes ?? [])];
  for (const each of others.classes ?? []) {
    const at = classes.findIndex(({ priority }) => priority === each.priority);
    if (at < 0) classes.push(each);
    else classes[at] = { ...classes[at], ...each };
  }
  return { ...objectives, ...others, ...(classes.length === 0 ? {} : { classes }) };
};

/**
 * Objectives without the defaults on what a class has an objective of its own on: who says what interactive requests need has not said
 * that all others need it within 2 s. What is left out has no limit, Infinity.
 *
 * @param isGiven whether the user has written an objective
 */
export const withoutOverruledDefaults = (objectives: Objectives, isGiven: (key: LatencyKey) => boolean): Objectives => {
  const { classes = [] } = objectives;
  const overruled = (["ttft_p99_s", "tpot_p99_s"] as const).filter(
    (key) => !isGiven(key) && classes.some((each) => Object.keys(each).some((other) => metricOf(other) === metricOf(key))),
  );
  return overruled.length === 0 ? objectives : { ...objectives, ...Object.fromEntries(overruled.map((key) => [key, Infinity])) };
};

/** `ttft` of `ttft_p99_s`; `goodput` of itself. */
export const metricOf = (key: string): string => key.split("_")[0] ?? key;
