import { z } from "zod";
import { measuredAt, samples } from "./common.ts";

/** What launching costs by itself. */
export const overheadSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("overhead"),
  dispatch_s: samples.meta({ description: "One more minimal dispatch in a pass" }),
  submit_s: samples.meta({ description: "One more submit of one minimal dispatch, without waiting in between" }),
});
