import { z } from "zod";
import { measuredAt } from "./common.ts";

/** How much the device holds at once, found by making buffers until there is no memory for another. WebGPU does not tell. */
export const deviceMemorySchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("device-memory"),
  held_bytes: z.int().min(0).meta({ description: "Bytes of buffers that were there at once" }),
  ended: z.enum(["out-of-memory", "cap"]),
  cap_bytes: z.int().min(1).meta({ description: "No more than this was asked for" }),
  cap_because: z.string().meta({ description: "Where the cap comes from" }),
});
