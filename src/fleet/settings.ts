import { z } from "zod";
import { coldStartSchema } from "./cold-start/settings.ts";

export { coldStartSchema };
export type { ColdStart } from "./cold-start/settings.ts";

const positive = z.number().positive();

export const policySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fixed"), replicas: z.int().min(1) }),
  /** A Kubernetes HorizontalPodAutoscaler (autoscaling/v2) on a per-pod average, without `behavior`. */
  z.strictObject({
    kind: z.literal("hpa"),
    min_replicas: z.int().min(1).default(1),
    max_replicas: z.int().min(1),
    metric: z.enum(["vllm:num_requests_running", "vllm:num_requests_waiting", "requests_in_flight"]).default("requests_in_flight"),
    target_average: positive.meta({ description: "averageValue: the metric per pod that the HPA aims at" }),
    initial_replicas: z.int().min(1).optional().meta({ description: "Replicas ready at time 0; min_replicas by default" }),
  }),
]);
export type Policy = z.infer<typeof policySchema>;
