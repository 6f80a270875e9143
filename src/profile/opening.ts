import type { z } from "zod";
import { profileSchema } from "./schema.ts";

/** What a profile says before anything is measured: the device, the environment, and what was asked for. Its notes are those of the adapter's choice. */
export const openingSchema = profileSchema.omit({
  machine: true,
  native_reference: true,
  verifications: true,
  measurements: true,
  left_out: true,
});
export type Opening = z.infer<typeof openingSchema>;
