import { z } from "zod";

const positive = z.number().positive();

/** One phase of a cold start, in seconds; `measured` takes the device model's own figure. */
const phase = z.union([z.number().min(0), z.literal("measured")]);
export const coldStartSchema = z
  .strictObject({
    provision_s: z.number().min(0).default(60).meta({ description: "Until a node with a GPU is there" }),
    image_s: z.number().min(0).default(30).meta({ description: "Container image pulled and started" }),
    weights_s: phase
      .default("measured")
      .meta({ description: "Weights to the GPU; measured: from host memory, without reading them from storage" }),
    initialise_s: phase.default("measured").meta({ description: "Process, device and pipelines" }),
    warm_up_s: phase.default("measured").meta({ description: "From the first dispatch to steady state" }),
  })
  .prefault({});
export type ColdStart = z.infer<typeof coldStartSchema>;

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
