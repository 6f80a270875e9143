import { z } from "zod";

/**
 * Where an input of an answer came from: *given* by the user, *measured* on a device by Ballast, or *assumed* (a default or a
 * published figure). Every answer lists its inputs with this tag.
 */
export const originSchema = z.enum(["given", "measured", "assumed"]);
export type Origin = z.infer<typeof originSchema>;

export const inputSchema = z
  .strictObject({
    name: z.string().meta({ description: "What it is, in the field's words: 'weight load bandwidth'" }),
    value: z.string().meta({ description: "The value with its unit, as a person reads it" }),
    origin: originSchema,
    source: z.string().meta({ description: "The file, profile, default or publication it came from" }),
  })
  .meta({ id: "Input", description: "One input of an answer and where it came from" });
export type Input = z.infer<typeof inputSchema>;
