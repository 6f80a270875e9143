import { z } from "zod";
import type { Shape } from "../../kernels/kernel.ts";
import { type Family, type Peer, raceSchema } from "../../src/report/peers-schema.ts";

/** What passes between the command and its page. */

/** One shape for the page to race. */
export interface PeerJob {
  readonly kind: "peers";
  /** Of the row. */
  readonly id: string;
  readonly family: Family;
  readonly shape: Shape;
  /** Where the tuned choice is made. */
  readonly tunedAt: Shape;
  /** Ballast's choice before anything was timed. */
  readonly defaultVariant: string;
  /** false: variants made for software adapters are raced. */
  readonly isGpu: boolean;
  readonly peers: readonly Peer[];
  readonly rounds: number;
}

/** What the page answers. */
export const pageAnswerSchema = z.strictObject({
  race: raceSchema,
  /** Each library with how it came by the device, or why it did not start. */
  libraries: z.array(z.strictObject({ name: z.string(), device: z.string() })),
});
export type PageAnswer = z.infer<typeof pageAnswerSchema>;

/** What became of a shape. */
export type Entry = PageAnswer | { readonly left_out: { readonly id: string; readonly because: string } };

export const idOf = (entry: Entry): string => ("race" in entry ? entry.race.id : entry.left_out.id);
