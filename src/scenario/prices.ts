import { z } from "zod";
import type { Run } from "../fleet/run.ts";
import { limitsOf, type Policy } from "../fleet/policy.ts";

const price = z.number().min(0);

/** What a GPU costs. The floor of a policy can be reserved; what runs above it is had on demand. */
export const pricesSchema = z.strictObject({
  reserved_per_gpu_hour: price.meta({ description: "For the replicas that a policy never goes below, all the time, used or not" }),
  on_demand_per_gpu_hour: price.meta({ description: "For every GPU-hour above those" }),
  currency: z.string().min(1).default("USD").meta({ description: "As it is to be printed" }),
});
export type Prices = z.infer<typeof pricesSchema>;

/**
 * What a run costs, in the currency of the prices.
 *
 * The floor (all of a fixed fleet, the minimum of an autoscaler) is paid at the reserved price from the start to the end, whether its replicas serve, start or have failed; GPU-hours beyond
 * those at the price on demand: replicas above the floor, those that drain, warm pools and kept nodes.
 */
export const costOf = (
  { gpu_hours: hours, ended_at_s: ended, gpus_per_replica: gpus = 1 }: Pick<Run, "gpu_hours" | "ended_at_s" | "gpus_per_replica">,
  policy: Policy,
  prices: Prices,
): number => {
  const [floor] = limitsOf(policy);
  const reserved = (floor * gpus * ended) / 3600;
  return reserved * prices.reserved_per_gpu_hour + Math.max(0, hours - reserved) * prices.on_demand_per_gpu_hour;
};
