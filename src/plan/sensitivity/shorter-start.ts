import { scaledDuration } from "../../replica/cold-start/duration.ts";
import { scaledPhase } from "../../replica/cold-start/phase.ts";
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
