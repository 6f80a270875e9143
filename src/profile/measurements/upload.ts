import { z } from "zod";
import { measuredAt, samples, seconds } from "./common.ts";

/** Bytes brought from the page to the GPU. */
export const uploadSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("upload"),
  method: z.enum(["writeBuffer", "mappedAtCreation", "staging-ring"]),
  bytes: z.int().min(1),
  chunk_bytes: z.int().min(1),
  first_s: seconds.meta({ description: "The first upload into fresh buffers" }),
  repeated_s: samples.meta({ description: "Uploads into the same buffers again" }),
  verified: z.literal(true).meta({ description: "The bytes were read back and compared" }),
});
