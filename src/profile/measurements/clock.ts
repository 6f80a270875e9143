import { z } from "zod";
import { measuredAt, samples, seconds } from "./common.ts";

/** What the clocks can see. */
export const clockSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("clock"),
  timestamp_tick_s: seconds
    .nullable()
    .meta({ description: "Smallest difference seen between GPU timestamps; null without timestamp-query" }),
  performance_now_step_s: seconds.meta({ description: "Smallest step seen of the page's own clock" }),
  empty_submit_s: samples.meta({ description: "Round trip of a submit with no work in it" }),
  small_submit_s: samples.meta({ description: "Round trip of a submit with one minimal dispatch: the floor of any wall-clock time" }),
});
