import type { z } from "zod";
import type { Seconds } from "../units.ts";
import type { Autoscaler } from "./autoscaler.ts";
import { createHpaFrom } from "./hpa/hpa.ts";
import type { HpaSpec } from "./hpa/spec.ts";
import { createKeda } from "./keda/keda.ts";
import type { KedaSpec } from "./keda/spec.ts";
import { createKpa } from "./knative/kpa.ts";
import type { KpaSpec } from "./knative/spec.ts";
import { scraped, type ScrapeSettings } from "./scrape.ts";
import type { predictiveSchema, queueLengthSchema, scheduledSchema } from "./settings.ts";
import { createPredictive } from "./simple/predictive.ts";
import { createQueueLength } from "./simple/queue-length.ts";
import { createScheduled } from "./simple/scheduled.ts";

/** Every autoscaler that is told by a value; a user's own module is code (`simple/custom.ts`). */
export type AutoscalerPolicy =
  | { readonly kind: "hpa"; readonly spec: HpaSpec }
  | { readonly kind: "keda"; readonly spec: KedaSpec }
  | { readonly kind: "knative"; readonly spec: KpaSpec }
  | z.infer<typeof scheduledSchema>
  | z.infer<typeof queueLengthSchema>
  | z.infer<typeof predictiveSchema>;

export interface AutoscalerContext {
  /** Ready at time 0. */
  readonly initialReplicas: number;
  /** What the simulated time 0 is, in seconds since 1970. */
  readonly startsAt?: Seconds;
  /** How late metrics come; not at all where it is left out. Knative scrapes by itself and is not made later. */
  readonly scrape?: ScrapeSettings;
}

/**
 * The autoscaler that a policy asks for.
 *
 * @throws InputError where it follows a metric that no server exports, or a time of it cannot be read
 */
export const createAutoscaler = (policy: AutoscalerPolicy, context: AutoscalerContext): Autoscaler => {
  const autoscaler = create(policy, context);
  return context.scrape === undefined || policy.kind === "knative" ? autoscaler : scraped(autoscaler, context.scrape);
};

const create = (policy: AutoscalerPolicy, { initialReplicas, startsAt = 0 }: AutoscalerContext): Autoscaler => {
  switch (policy.kind) {
    case "hpa":
      return createHpaFrom(policy.spec, initialReplicas);
    case "keda":
      return createKeda(policy.spec, initialReplicas, startsAt);
    case "knative":
      return createKpa(policy.spec, initialReplicas);
    case "scheduled":
      return createScheduled(policy);
    case "queue_length":
      return createQueueLength(policy);
    case "predictive":
      return createPredictive(policy);
    default:
      return policy satisfies never;
  }
};
