import { z } from "zod";

export const count = z.int().min(0);
/** Durations; never negative. */
export const seconds = z.number().min(0);
export const samples = z.array(seconds).min(1);

/** What every measurement carries. */
export const measuredAt = {
  id: z.string().min(1).meta({ description: "Stable name; the same measurement has the same id in every profile" }),
};

/**
 * What a whole process has for itself, such as where its memory lies, meets all samples that it takes. A run therefore measures in several
 * processes, and learns from all measurements of a kind together by how much processes differ: standard deviations of log times.
 */
export const processNoise = z
  .strictObject({
    processes: z.int().min(2).meta({ description: "Processes that it is estimated from" }),
    common: z.number().min(0).meta({ description: "By which a process is slower or faster in all measurements of the kind alike" }),
    own: z
      .number()
      .min(0)
      .meta({ description: "By which single measurements differ beyond that, and beyond what their own samples explain" }),
  })
  .nullable()
  .meta({ description: "null where one process took them all, or too little was taken by several" });
export type ProcessNoise = z.infer<typeof processNoise>;

/** What a measurement carries whose samples are plain lists. */
export const inProcesses = {
  process_samples: z.record(z.string(), z.array(count)).meta({
    description: "How many of each list's samples each process of the runtime took, in order; empty where one process took them all",
  }),
  process_noise: processNoise,
};
export type InProcesses = z.infer<z.ZodObject<typeof inProcesses>>;

/** Of a measurement as one process takes it. */
export const ONE_PROCESS: InProcesses = { process_samples: {}, process_noise: null };
