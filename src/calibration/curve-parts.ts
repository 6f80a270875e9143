import { z } from "zod";
import { originSchema } from "../provenance.ts";

/** A closed range, from the least to the most that was measured. */
export const range = z.tuple([z.number(), z.number()]);

/** How far predictions were from measurements that the fit did not see. Relative errors: 0.05 is 5 %. */
export const heldOutErrorSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("checked"),
    points: z.array(z.strictObject({ id: z.string(), predicted_s: z.number(), measured_s: z.number() })).min(1),
    median_abs: z.number().min(0),
    p90_abs: z.number().min(0),
    bias: z.number().meta({ description: "Mean signed relative error: above 0 predicts too slow" }),
  }),
  z.strictObject({ kind: z.literal("not-checked"), because: z.string() }),
]);
export type HeldOutError = z.infer<typeof heldOutErrorSchema>;

/** Where a curve or a number came from, when it was not measured by Ballast itself. */
export const sourceSchema = z.strictObject({ origin: originSchema, source: z.string() });
export type Source = z.infer<typeof sourceSchema>;
