import { z } from "zod";
import { inProcesses, measuredAt, samples, seconds } from "./common.ts";

/**
 * How bytes get from the page to the GPU.
 *
 * - `writeBuffer`: `queue.writeBuffer`, which copies into the browser's own staging memory.
 * - `mappedAtCreation`: buffers of one chunk each that are born mapped, filled in place and unmapped.
 * - `staging-ring`: mappable buffers in turn, each copied to its place by the GPU and mapped again meanwhile.
 * - `staging-once`: the same with a new mapped buffer for every chunk, so that nothing waits to be mapped again.
 */
export const uploadMethodSchema = z.enum(["writeBuffer", "mappedAtCreation", "staging-ring", "staging-once"]);
export type UploadMethod = z.infer<typeof uploadMethodSchema>;

/** Which method, and how many bytes a call of it carries. */
export const uploadWay = { method: uploadMethodSchema, chunk_bytes: z.int().min(1) };

/** Bytes brought from the page to the GPU. */
export const uploadSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("upload"),
  ...uploadWay,
  bytes: z.int().min(1),
  into_bytes: z
    .int()
    .min(1)
    .meta({ description: "Bytes of the buffers they went into: all of `bytes`, or fewer, which were then written again and again" }),
  first_s: samples.meta({
    description:
      "Uploads into fresh buffers, each sample into others, in order; after one of up to 256 MiB that is not counted, since it also pays for staging memory that the browser makes once and keeps",
  }),
  repeated_s: z
    .array(seconds)
    .meta({ description: "Uploads into the same buffers again; none where one upload took longer than the time for all of them" }),
  ...inProcesses,
  verified: z.literal(true).meta({ description: "The bytes were read back and compared" }),
});
