import type { Run } from "./run.ts";
import type { FleetConfig, RequestRecord } from "./config.ts";
import type { LifeSpans } from "../replica/life-spans.ts";
import { Simulation } from "./simulation.ts";

/**
 * Runs a fleet on its traffic, from the first arrival until the last request has left.
 *
 * @param onRequest told of each request when it leaves, in that order
 * @param lifeSpans records what the replicas go through
 * @throws InputError if the configuration contradicts itself, or with the number of the first request that is malformed
 */
export const simulate = (config: FleetConfig, onRequest?: (record: RequestRecord) => void, lifeSpans?: LifeSpans): Run => {
  const simulation = new Simulation(config, { onRequest, lifeSpans });
  for (const request of config.requests) simulation.feed(request);
  return simulation.finish();
};
