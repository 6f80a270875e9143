import type { Seconds } from "../../units.ts";
import type { Autoscaler } from "../autoscaler.ts";
import { MetricReader } from "../metrics.ts";
import { within, type Limits } from "./limits.ts";

/** One replica more while too much waits, one less while nothing has waited for long: the rule that many write first. */
export interface QueueLengthPolicy extends Limits {
  readonly period_s: Seconds;
  /** Waiting requests a serving replica, on the servers and in front of them, above which one is added. */
  readonly scale_up_above: number;
  /** Share of the servers' batch slots in use below which one may go. */
  readonly scale_down_below: number;
  /** Sequences in a server's running batch at most, its `max_num_seqs`. */
  readonly batch_slots: number;
  /** So long nothing may have waited, and since the last change, before one goes. */
  readonly quiet_s: Seconds;
}

export const createQueueLength = (policy: QueueLengthPolicy): Autoscaler => {
  const reader = new MetricReader();
  let busyAt: Seconds = 0;
  return {
    period: policy.period_s,
    decide(observation) {
      reader.observe(observation);
      const { now, current } = observation;
      const serving = reader.perReplica("vllm:num_requests_waiting").size;
      const waiting = (reader.total({ aggregate: "sum", metric: "vllm:num_requests_waiting" }) ?? 0) + (observation.requestsQueued ?? 0);
      const running = reader.total({ aggregate: "sum", metric: "vllm:num_requests_running" }) ?? 0;
      const perServer = waiting / Math.max(1, serving);
      if (waiting > 0) busyAt = now;
      if (perServer > policy.scale_up_above) {
        return within(current + 1, current, `${waiting} requests wait, more than ${policy.scale_up_above} a serving replica`, policy);
      }
      const use = serving === 0 ? 0 : running / (serving * policy.batch_slots);
      if (now - busyAt < policy.quiet_s || use >= policy.scale_down_below) return within(current, current, "outside its limits", policy);
      const decision = within(
        current - 1,
        current,
        `nothing waited for ${policy.quiet_s} s and ${Math.floor(use * 100)} % of the batch slots are in use`,
        policy,
      );
      if (decision !== null) busyAt = now;
      return decision;
    },
  };
};
