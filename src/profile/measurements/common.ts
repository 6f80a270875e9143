import { z } from "zod";

export const count = z.int().min(0);
/** Durations; never negative. */
export const seconds = z.number().min(0);
export const samples = z.array(seconds).min(1);

/** What every measurement carries. */
export const measuredAt = {
  id: z.string().min(1).meta({ description: "Stable name; the same measurement has the same id in every profile" }),
};
