import { z } from "zod";

const positive = z.number().positive();
const priority = (description: string) => z.number().optional().meta({ description });

const queueSchema = z
  .strictObject({
    max_length: z.int().min(0).optional().meta({ description: "Requests that wait at most; 0: none waits; default: no limit" }),
    on_full: z
      .enum(["reject-new", "drop-lowest-priority", "drop-oldest"])
      .default("reject-new")
      .meta({ description: "Who is rejected then" }),
    order: z
      .enum(["fcfs", "priority", "earliest-deadline", "lifo"])
      .default("fcfs")
      .meta({ description: "Who is next; earliest-deadline needs a deadline; of two alike the one that came first" }),
    timeout_s: positive.optional().meta({ description: "A request that has waited so long is answered with an error; default: never" }),
  })
  .meta({ description: "Requests wait here while no replica takes one" });

const rateLimitSchema = z
  .strictObject({
    rate: positive.meta({ description: "Refilled a second" }),
    burst: positive.meta({ description: "What the bucket holds; it is full at first" }),
    unit: z
      .enum(["requests", "tokens"])
      .default("requests")
      .meta({ description: "tokens: prompt and output, as a max_tokens that is exact" }),
    per: z.enum(["fleet", "session", "priority"]).default("fleet").meta({ description: "Who shares a bucket" }),
    max_delay_s: z
      .number()
      .min(0)
      .default(0)
      .meta({ description: "A request is held back so long at most until the bucket has enough; 0: rejected at once" }),
  })
  .meta({ description: "Token bucket" });

const shedSchema = z
  .strictObject({
    priority_above: z.number().default(0).meta({ description: "Sheddable: requests of a higher number (vLLM: lower is served first)" }),
    queue_depth: z.number().min(0).default(5).meta({ description: "A replica is saturated with more waiting requests" }),
    kv_use: z.number().positive().max(1).default(0.8).meta({ description: "or with a larger share of its KV blocks in use" }),
  })
  .meta({
    description: "Sheddable requests are rejected while every replica is saturated, with the Gateway API Inference Extension's defaults",
  });

const deadlineSchema = z
  .strictObject({
    ttft_s: positive
      .optional()
      .meta({ description: "From when the request is sent to its first token; default: the objective, where one is given" }),
    classes: z
      .array(z.strictObject({ priority: z.number(), ttft_s: positive }))
      .default([])
      .meta({ description: "Other deadlines, by priority" }),
    reject: z
      .boolean()
      .default(true)
      .meta({ description: "Reject what cannot meet its deadline by estimate; false: for the queue's order only" }),
  })
  .meta({ description: "Requests that would have their first token too late" });

const smootherSchema = z
  .strictObject({
    share: z.number().positive().max(1).optional().meta({ description: "So many of the requests, drawn at random, can be held back" }),
    priority_above: priority("Those of a higher number can be held back"),
    max_delay_s: positive.meta({ description: "After which they go on whatever the load" }),
    target_outstanding: positive.meta({ description: "They go on while the fleet holds fewer requests a ready replica" }),
  })
  .meta({ description: "Holds deferrable requests back until the fleet has room" });

/** What stands in front of the fleet, in the order in which a request meets it: a rate limit, shedding, deadlines, a smoother, the queue. */
export const admissionSchema = z.strictObject({
  concurrency_limit: z.int().min(1).optional().meta({ description: "Requests that a replica is given at once; default: no limit" }),
  rate_limit: rateLimitSchema.optional(),
  shed: shedSchema.optional(),
  deadline: deadlineSchema.optional(),
  smoother: smootherSchema.optional(),
  queue: queueSchema.optional(),
});
export type AdmissionSettings = z.infer<typeof admissionSchema>;
export type QueueSettings = z.infer<typeof queueSchema>;
export type RateLimitSettings = z.infer<typeof rateLimitSchema>;
export type ShedSettings = z.infer<typeof shedSchema>;
export type DeadlineSettings = z.infer<typeof deadlineSchema>;
export type SmootherSettings = z.infer<typeof smootherSchema>;

const retrySchema = z
  .strictObject({
    max_attempts: z.int().min(1).default(3).meta({ description: "The first one included" }),
    on: z
      .array(z.enum(["rejected", "timed_out", "cut_off", "lost"]))
      .default(["rejected", "timed_out", "cut_off", "lost"])
      .meta({ description: "After which ends of an attempt; a request that no replica could ever serve is not sent again" }),
    backoff_s: positive.default(0.5).meta({ description: "Before the first retry, at most where it is jittered" }),
    factor: z.number().min(1).default(2).meta({ description: "Of the backoff from one retry to the next" }),
    max_backoff_s: positive.default(8),
    jitter: z.enum(["none", "equal", "full"]).default("full").meta({ description: "full: from 0 to the backoff; equal: from half of it" }),
    budget: z
      .strictObject({
        ratio: z.number().min(0).default(0.2).meta({ description: "Retries that each first attempt allows" }),
        min_per_s: z.number().min(0).default(0).meta({ description: "Retries that are allowed a second whatever the traffic" }),
        burst: z.number().min(1).default(10).meta({ description: "Allowed retries that are kept at most" }),
      })
      .optional()
      .meta({ description: "Of all clients together; a retry beyond it is not made. Default: none" }),
  })
  .meta({ description: "Default: no retries" });
export type RetrySettings = z.infer<typeof retrySchema>;

/** How clients behave. */
export const clientsSchema = z.strictObject({
  first_token_timeout_s: positive
    .optional()
    .meta({ description: "A client gives an attempt up that has no token by then; default: never" }),
  timeout_s: positive.optional().meta({ description: "or that is not answered in full by then; default: never" }),
  retry: retrySchema.optional(),
});
export type ClientSettings = z.infer<typeof clientsSchema>;
