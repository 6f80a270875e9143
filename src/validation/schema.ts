import { z } from "zod";
import { inputSchema } from "../provenance.ts";

export const VALIDATION_SCHEMA = "ballast.validation/1";

const seconds = z.number().min(0);
export const STATISTICS = ["mean", "p50", "p90", "p95", "p99"] as const;
export const METRICS = ["ttft", "tpot", "end_to_end"] as const;

const rowSchema = z.strictObject({
  metric: z.enum(METRICS),
  statistic: z.enum(STATISTICS),
  measured_s: seconds,
  simulated_s: seconds,
  error: z.number().meta({ description: "Simulated over measured, less 1: above 0 the simulation is too slow" }),
});

/** A logged run of a real engine and the same requests simulated, side by side. */
export const validationSchema = z
  .strictObject({
    schema: z.literal(VALIDATION_SCHEMA),
    run: z.string().meta({ description: "Where the log was" }),
    engine: z.string(),
    device: z.string(),
    model: z.string(),
    requests: z.int().min(1),
    rows: z.array(rowSchema),
    gauges: z
      .strictObject({
        at_s: z.array(z.number()),
        running: z.strictObject({ measured: z.array(z.number()), simulated: z.array(z.number()) }),
        waiting: z.strictObject({ measured: z.array(z.number()), simulated: z.array(z.number()) }),
      })
      .nullable()
      .meta({ description: "Requests running and waiting over time; null where the log has none" }),
    extrapolated_share: z.number().min(0).max(1).meta({ description: "Steps outside the measured range of the step times" }),
    inputs: z.array(inputSchema),
    not_modelled: z.array(z.string()),
    notes: z.array(z.string()),
  })
  .meta({ id: "Validation", title: "Ballast validation, version 1" });
export type Validation = z.infer<typeof validationSchema>;
export type ValidationRow = Validation["rows"][number];
