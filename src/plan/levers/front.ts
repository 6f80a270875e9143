import { limit, plain } from "../../format.ts";
import { objectivesOf } from "../objectives/objectives.ts";
import { noEffect, interventionsOf, type LeverContext, type Interventions } from "./intervention.ts";
import type { Objectives } from "../../scenario/objectives.ts";
import type { Seconds } from "../../units.ts";

/** Levers in front of the fleet: both keep a replica from holding more requests than it does at the highest steady rate that it sustains. */

/** Shares of the limit on TTFT that a request is held back, and that it waits in the queue: together they leave a quarter for its prefill. */
const HELD_SHARE = 0.25;
const QUEUE_SHARE = 0.5;

const NO_TTFT = "no objective on TTFT says how long a request may wait";
const NO_RATE = "no steady rate is sustained from which to say when a replica is full";

/** The tightest limit on any percentile of TTFT, of any class; null where there is none. */
const ttftLimitOrNull = (objectives: Objectives): Seconds | null => {
  const limits = objectivesOf(objectives).flatMap((each) => (each.kind === "latency" && each.metric === "ttft" ? [each.limit] : []));
  return limits.length === 0 ? null : Math.min(...limits);
};

/** Every request may be held back for a short time, until the fleet has room. */
export const smoothing = ({ setup, objectives, inFlight }: LeverContext): Interventions => {
  const ttft = ttftLimitOrNull(objectives);
  if (setup.admission?.smoother !== undefined) return noEffect("smoothing", "the scenario's own smoother is on already");
  if (ttft === null) return noEffect("smoothing", NO_TTFT);
  if (inFlight === null) return noEffect("smoothing", NO_RATE);
  const most = HELD_SHARE * ttft;
  return interventionsOf({
    lever: "smoothing",
    from: "requests go on at once",
    to: `held back up to ${limit(most)} while replicas hold ${plain(inFlight, 3)} or more each`,
    setup: (each) => ({
      ...each,
      admission: { ...each.admission, smoother: { share: 1, max_delay_s: most, target_outstanding: inFlight } },
    }),
    isForFixed: true,
  });
};

/** A replica is given so many at once; the others wait in one queue, and are rejected when they have waited too long. */
export const admission = ({ setup, objectives, inFlight }: LeverContext): Interventions => {
  const ttft = ttftLimitOrNull(objectives);
  const { queue, shed, deadline, rate_limit: rateLimit } = setup.admission ?? {};
  if ([queue, shed, deadline, rateLimit, setup.concurrencyLimit].some((each) => each !== undefined)) {
    return noEffect("admission", "the scenario's own admission control is on already");
  }
  if (ttft === null) return noEffect("admission", NO_TTFT);
  if (inFlight === null) return noEffect("admission", NO_RATE);
  const most = Math.max(1, Math.floor(inFlight));
  const patience = QUEUE_SHARE * ttft;
  return interventionsOf({
    lever: "admission",
    from: "no queue, nobody rejected",
    to: `${most} at a replica at most, the others in one queue, rejected after ${limit(patience)}`,
    setup: (each) => ({
      ...each,
      concurrencyLimit: most,
      admission: { ...each.admission, queue: { on_full: "reject-new", order: "fcfs", timeout_s: patience } },
    }),
    isForFixed: true,
  });
};
