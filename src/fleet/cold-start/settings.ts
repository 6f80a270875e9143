import { z } from "zod";
import { distributionSchema, durationSchema } from "../../replica/cold-start/duration.ts";
import { presetNames } from "./presets.ts";

const time = z.number().min(0);
const rate = z.number().min(1);
const share = z.number().min(0).max(1);

/** One phase: seconds or a distribution of them; `measured` takes the device model's own figure. */
const phase = z.union([time, z.literal("measured"), distributionSchema]);

const imageSchema = z
  .strictObject({
    bytes: z.number().positive().meta({ description: "Compressed size, as it is pulled" }),
    registry_bytes_per_s: rate.meta({ description: "What one node reaches by itself" }),
    shared_bytes_per_s: rate.optional().meta({ description: "What all nodes that pull at once reach together; no limit by default" }),
    cached: share.default(0).meta({ description: "Chance that a new node has the image already; 1: pre-pulled everywhere" }),
  })
  .meta({ description: "The image as bytes over the registry's link, instead of image_s" });

const weightsSchema = z
  .strictObject({
    bytes: z.number().positive().optional().meta({ description: "The model's weights by default" }),
    storage_bytes_per_s: rate.meta({ description: "What one replica reaches by itself" }),
    shared_bytes_per_s: rate.optional().meta({ description: "What all replicas that load at once reach together; no limit by default" }),
    peer_bytes_per_s: rate
      .optional()
      .meta({ description: "What a ready replica sends to those that load; nothing comes from peers by default" }),
    page_cache_bytes_per_s: rate
      .optional()
      .meta({ description: "From the page cache of a kept node; by default they count as in host memory already" }),
  })
  .meta({ description: "Weights from storage to host memory as bytes over a shared link, instead of storage_s" });

const size = z.int().min(1).meta({ description: "Members that stand by; at most the policy's max_replicas" });
const paidShare = (byDefault: number) =>
  share.default(byDefault).meta({ description: "Share of a GPU's price that a member costs while it stands by" });

const warmPoolSchema = z.discriminatedUnion("kind", [
  /** A process with its weights in host memory (vLLM's sleep mode, level 1). */
  z.strictObject({
    kind: z.literal("asleep"),
    size,
    wake_s: phase.default("measured").meta({ description: "measured: the weights' upload from host memory" }),
    paid_share: paidShare(1),
  }),
  /** A node that is up with the image on it. */
  z.strictObject({ kind: z.literal("node"), size, wake_s: durationSchema.default(0), paid_share: paidShare(1) }),
  /** A stopped node with the image on its disk. */
  z.strictObject({ kind: z.literal("paused-node"), size, wake_s: durationSchema, paid_share: paidShare(0) }),
]);

export const coldStartSchema = z
  .strictObject({
    preset: z.enum(presetNames).optional().meta({ description: "Published figures for the phases that are not given here" }),
    provision_s: durationSchema.default(60).meta({ description: "Until a node with a GPU is there" }),
    stock_out: z
      .strictObject({
        probability: z.number().min(0).lt(1).meta({ description: "Chance that a try finds no node" }),
        retry_s: durationSchema.meta({ description: "Until the next try" }),
      })
      .optional(),
    scheduling_s: durationSchema.default(0).meta({ description: "From the node to a pod bound to it" }),
    image_s: durationSchema.default(30).meta({ description: "Container image pulled and started" }),
    image: imageSchema.optional(),
    container_s: durationSchema.default(0).meta({ description: "Container created and started, where image_s leaves it out" }),
    storage_s: durationSchema.default(0).meta({ description: "Weights from storage to host memory, where weights_s leaves it out" }),
    weights: weightsSchema.optional(),
    weights_s: phase
      .default("measured")
      .meta({ description: "Weights to the GPU; measured: from host memory, without reading them from storage" }),
    initialise_s: phase.default("measured").meta({ description: "Process, device and pipelines" }),
    compile_s: durationSchema.default(0).meta({ description: "Compilation and graph capture, where initialise_s leaves them out" }),
    compile_cache: z
      .strictObject({
        kept: z.enum(["node", "shared"]).meta({ description: "node: for the next replica on a kept node; shared: for all of them" }),
        seconds: time.meta({ description: "What compile_s becomes with it" }),
      })
      .optional(),
    warm_up_s: phase.default("measured").meta({ description: "From the first dispatch to steady state" }),
    readiness_probe: z
      .strictObject({
        period_s: z.number().min(1e-9).default(10).meta({ description: "Kubernetes' default is 10" }),
        initial_delay_s: time.default(0).meta({ description: "From the container's start to the first probe" }),
      })
      .optional()
      .meta({ description: "A replica is ready at the first probe that finds it up; at once by default" }),
    keep_node_s: time
      .default(0)
      .meta({ description: "A node is kept, and paid, so long after its replica has gone; a replica that comes finds its caches" }),
    warm_pool: warmPoolSchema.optional(),
  })
  .prefault({});
export type ColdStart = z.infer<typeof coldStartSchema>;
