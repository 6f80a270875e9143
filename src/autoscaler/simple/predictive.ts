import type { Seconds } from "../../units.ts";
import type { Autoscaler } from "../autoscaler.ts";
import { MetricReader } from "../metrics.ts";
import { HoltForecast } from "./forecast.ts";
import { within, type Limits } from "./limits.ts";

/** Replicas for the request rate that is forecast for when a replica that is started now will serve. */
export interface PredictivePolicy extends Limits {
  readonly period_s: Seconds;
  /** The rate that a replica is to be given, requests per second. */
  readonly target_rate: number;
  /** How far ahead it looks: the cold start. */
  readonly horizon_s: Seconds;
  readonly alpha: number;
  readonly beta: number;
  /** Fewer replicas only where no forecast of this long asked for more. */
  readonly scale_down_window_s: Seconds;
}

/** So little of a replica is not worth one: a slope that fades never quite reaches 0. */
const NEGLIGIBLE = 0.01;

/** Forecasts by Holt's method on the arrival rate of the last minute. */
export const createPredictive = (policy: PredictivePolicy): Autoscaler => {
  const reader = new MetricReader();
  const forecast = new HoltForecast(policy.alpha, policy.beta);
  let wishes: { readonly at: Seconds; readonly replicas: number }[] = [];
  return {
    period: policy.period_s,
    decide(observation) {
      reader.observe(observation);
      const rate = reader.arrivalRate();
      if (rate === null) return null;
      forecast.observe(rate);
      const { now, current } = observation;
      const ahead = Math.max(rate, forecast.ahead(policy.horizon_s / policy.period_s) ?? rate);
      const wish = Math.ceil(ahead / policy.target_rate - NEGLIGIBLE);
      wishes = [...wishes.filter(({ at }) => at > now - policy.scale_down_window_s), { at: now, replicas: wish }];
      const highest = wishes.reduce((most, { replicas }) => Math.max(most, replicas), 0);
      const held = highest > wish ? `, ${highest} in the last ${policy.scale_down_window_s} s` : "";
      const shown = Math.floor(ahead * 100 + 0.5) / 100;
      return within(
        highest,
        current,
        `${shown} requests/s expected in ${policy.horizon_s} s, target ${policy.target_rate} a replica: ${wish} wanted${held}`,
        policy,
      );
    },
  };
};
