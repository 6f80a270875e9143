import type { Duration } from "../../replica/cold-start/duration.ts";
import type { ColdStartPhase } from "../../replica/cold-start/phase.ts";
import type { FleetSetup } from "../../scenario/resolve.ts";

/** The setup with cold starts that take so many times as long: every phase, and waking from a warm pool. Readiness probes and stock-outs stay. */
export const withColdStart = (setup: FleetSetup, factor: number): FleetSetup => {
  const { startUp } = setup;
  const pool = startUp?.warmPool ?? null;
  return {
    ...setup,
    coldStart: setup.coldStart.map((phase) => scaledPhase(phase, factor)),
    ...(startUp === undefined || pool === null
      ? {}
      : { startUp: { ...startUp, warmPool: { ...pool, wake: scaledDuration(pool.wake, factor) } } }),
  };
};

const scaledPhase = (phase: ColdStartPhase, factor: number): ColdStartPhase => {
  const known = phase.onKnownNode === undefined ? {} : { onKnownNode: phase.onKnownNode * factor };
  if ("transfer" in phase) return { ...phase, ...known, transfer: { ...phase.transfer, bytes: phase.transfer.bytes * factor } };
  if ("probe" in phase) return { ...phase, ...known };
  return { ...phase, ...known, duration: scaledDuration(phase.duration, factor) };
};

/** A duration that is so many times as long in every draw. */
export const scaledDuration = (duration: Duration, factor: number): Duration => {
  if (typeof duration === "number") return duration * factor;
  switch (duration.kind) {
    case "constant":
      return { ...duration, seconds: duration.seconds * factor };
    case "uniform":
      return { ...duration, min_s: duration.min_s * factor, max_s: duration.max_s * factor };
    case "log-normal":
      return { ...duration, p50_s: duration.p50_s * factor, p99_s: duration.p99_s * factor };
    case "empirical":
      return { ...duration, seconds: duration.seconds.map((seconds) => seconds * factor) };
    default:
      return duration satisfies never;
  }
};
