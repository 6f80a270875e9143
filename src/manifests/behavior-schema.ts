import { z } from "zod";
import type { Behavior } from "../autoscaler/hpa/behavior.ts";
import { quantitySchema } from "./quantity.ts";

const policySchema = z.strictObject({
  type: z.enum(["Pods", "Percent"]),
  value: z.int().min(1),
  periodSeconds: z.int().min(1).max(1800),
});

const rulesSchema = z.strictObject({
  stabilizationWindowSeconds: z.int().min(0).max(3600).optional(),
  selectPolicy: z.enum(["Max", "Min", "Disabled"]).optional(),
  policies: z.array(policySchema).min(1, { error: "expected at least one policy, or no list for the default ones" }).optional(),
  tolerance: quantitySchema.refine((milli) => milli >= 0, { error: "expected a tolerance of 0 or more" }).optional(),
});

/** `behavior` of an HPA, also within a ScaledObject. */
export const behaviorSchema = z
  .strictObject({ scaleUp: rulesSchema.nullish(), scaleDown: rulesSchema.nullish() })
  .transform(({ scaleUp, scaleDown }): Behavior => ({
    ...(scaleUp === null || scaleUp === undefined ? {} : { scaleUp: rulesOf(scaleUp) }),
    ...(scaleDown === null || scaleDown === undefined ? {} : { scaleDown: rulesOf(scaleDown) }),
  }));

const rulesOf = ({ tolerance, ...rules }: z.infer<typeof rulesSchema>): NonNullable<Behavior["scaleUp"]> => ({
  ...(rules.stabilizationWindowSeconds === undefined ? {} : { stabilizationWindowSeconds: rules.stabilizationWindowSeconds }),
  ...(rules.selectPolicy === undefined ? {} : { selectPolicy: rules.selectPolicy }),
  ...(rules.policies === undefined ? {} : { policies: rules.policies }),
  ...(tolerance === undefined ? {} : { tolerance: Number(tolerance) / 1000 }),
});
