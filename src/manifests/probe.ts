import { z } from "zod";
import type { Seconds } from "../units.ts";

export const probeSchema = z.looseObject({
  initialDelaySeconds: z.int().min(0).optional(),
  periodSeconds: z.int().min(1).optional(),
  timeoutSeconds: z.int().min(1).optional(),
  successThreshold: z.int().min(1).optional(),
  failureThreshold: z.int().min(1).optional(),
});

/** How Kubernetes finds out that a container is ready, or has started. */
export interface Probe {
  readonly initialDelay: Seconds;
  readonly period: Seconds;
  readonly timeout: Seconds;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** With Kubernetes' defaults for what is left out. */
export const probeOf = (probe: z.infer<typeof probeSchema>): Probe => ({
  initialDelay: probe.initialDelaySeconds ?? 0,
  period: probe.periodSeconds ?? 10,
  timeout: probe.timeoutSeconds ?? 1,
  successThreshold: probe.successThreshold ?? 1,
  failureThreshold: probe.failureThreshold ?? 3,
});

/** How long a container may take to start before Kubernetes kills it: a cold start that takes longer never ends. */
export const startupBudget = ({ initialDelay, period, failureThreshold }: Probe): Seconds => initialDelay + period * failureThreshold;

/** When a server that answers from `answersAt` on is seen to be ready: at the probe that succeeds often enough in a row. Both since the container's start. */
export const readyAt = ({ initialDelay, period, successThreshold }: Probe, answersAt: Seconds): Seconds => {
  const first = initialDelay + Math.max(0, Math.ceil((answersAt - initialDelay) / period)) * period;
  return first + (successThreshold - 1) * period;
};
