import type { Run } from "./run.ts";
import type { FleetConfig, RequestRecord } from "./config.ts";
import { Simulation } from "./simulation.ts";

/**
 * Runs a fleet on its traffic, from the first arrival until the last request has left.
 *
 * @param onRequest told of each request when it leaves, in that order
 * @throws InputError if the configuration contradicts itself, or with the number of the first request that is malformed
 */
export const simulate = (config: FleetConfig, onRequest?: (record: RequestRecord) => void): Run => {
  const simulation = new Simulation(config, { onRequest });
  for (const request of config.requests) simulation.feed(request);
  return simulation.finish();
};
