import { createStreams } from "../../sim/streams.ts";
import { toNanoseconds } from "../../units.ts";
import type { FleetConfig } from "../config.ts";
import { ConsistentHashPolicy } from "./consistent-hash.ts";
import { LeastKvPolicy } from "./least-kv.ts";
import { LeastOutstandingPolicy } from "./least-outstanding.ts";
import { containerConcurrency } from "../policy.ts";
import type { RoutingPolicy } from "./policy.ts";
import { PowerOfTwoPolicy } from "./power-of-two.ts";
import { PrefixAwarePolicy } from "./prefix-aware.ts";
import { RandomPolicy } from "./random.ts";
import { RoundRobinPolicy } from "./round-robin.ts";
import { Router } from "./router.ts";
import { SessionAffinityPolicy } from "./session-affinity.ts";

/** The router of a fleet. All its draws come from the stream `router`. */
export const createRouter = (config: Omit<FleetConfig, "requests">): Router => {
  const { router, concurrencyLimit = containerConcurrency(config.policy) } = config;
  const interval = router !== undefined && "scrape_interval_s" in router ? toNanoseconds(router.scrape_interval_s) : 0;
  return new Router(policyOf(config), concurrencyLimit, interval);
};

const policyOf = ({
  router = { kind: "least-outstanding", scrape_interval_s: 0 },
  seed,
  replica,
}: Omit<FleetConfig, "requests">): RoutingPolicy => {
  const stream = createStreams(seed).named("router");
  switch (router.kind) {
    case "random":
      return new RandomPolicy(stream);
    case "round-robin":
      return new RoundRobinPolicy();
    case "least-outstanding":
      return new LeastOutstandingPolicy();
    case "power-of-two":
      return new PowerOfTwoPolicy(stream);
    case "least-kv":
      return new LeastKvPolicy(stream);
    case "prefix-aware": {
      const options = {
        prefixWeight: router.prefix_weight,
        queueWeight: router.queue_weight,
        kvWeight: router.kv_weight,
        blockSize: router.block_size ?? replica.blockSize,
        maxBlocks: router.max_blocks,
        capacity: router.blocks_per_replica ?? replica.numGpuBlocks,
      };
      return new PrefixAwarePolicy(options, stream);
    }
    case "session-affinity":
      return new SessionAffinityPolicy(router.max_sessions);
    case "consistent-hash":
      return new ConsistentHashPolicy(router.key, router.load_factor, router.virtual_nodes);
    default:
      return router satisfies never;
  }
};
