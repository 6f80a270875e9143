import { z } from "zod";
import type { Shape } from "../../kernels/kernel.ts";
import type { Family } from "./shapes.ts";

/** What passes between the command and its page, and what `--json` writes. */

export const PEERS = ["jax-js", "tfjs", "onnxruntime"] as const;
export type Peer = (typeof PEERS)[number];

/** Ballast's two rows: its best variant at a shape, and its choice before anything was timed. */
export const TUNED = "ballast (tuned)";
export const DEFAULT = "ballast (default)";
export type Ours = typeof TUNED | typeof DEFAULT;

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
  readonly peers: readonly Peer[];
  readonly rounds: number;
}

/** Largest difference from the f64 reference, as a share of the sum of magnitudes that the element is made of, and of what f32 allows. */
const errorSchema = z.strictObject({ of_magnitudes: z.number(), of_bound: z.number() });

/** A way of calling a library (a layout, an operator, a variant), with what one call took before the rounds, or why it is out. */
const waySchema = z.strictObject({
  way: z.string(),
  seconds: z.number().nullable(),
  error: errorSchema.nullable(),
  because: z.string().nullable(),
});
export type WayTried = z.infer<typeof waySchema>;

export const contestantSchema = z.strictObject({
  /** DEFAULT, TUNED, or a peer. */
  name: z.string(),
  /** The way whose samples these are, the fastest by them; null where none took part. */
  way: z.string().nullable(),
  /** Seconds of one call, one value a round, rounds in order; empty where it took no part. */
  samples_s: z.array(z.number()),
  calls_per_sample: z.number().int().nullable(),
  error: errorSchema.nullable(),
  /** Why it took no part. */
  because: z.string().nullable(),
  /** All ways that were tried, this one included. */
  tried: z.array(waySchema),
});
export type Contestant = z.infer<typeof contestantSchema>;

/** What the page answers. */
export const raceSchema = z.strictObject({
  id: z.string(),
  family: z.enum(["matmul", "attention-decode", "attention-prefill"]),
  shape: z.record(z.string(), z.number()),
  tuned_at: z.record(z.string(), z.number()),
  operations: z.number(),
  /** Outputs that were compared with the reference. */
  compared: z.number().int(),
  contestants: z.array(contestantSchema),
});
export type Race = z.infer<typeof raceSchema>;

export const pageAnswerSchema = z.strictObject({
  race: raceSchema,
  /** Each library with how it came by the device, or why it did not start. */
  libraries: z.array(z.strictObject({ name: z.string(), device: z.string() })),
});
export type PageAnswer = z.infer<typeof pageAnswerSchema>;

/** The file that `--json` writes. */
export const peersReportSchema = z.strictObject({
  schema: z.literal("ballast.peers/2"),
  device: z.string(),
  browser: z.string(),
  is_software: z.boolean(),
  rounds: z.number().int(),
  libraries: z.array(z.strictObject({ name: z.string(), version: z.string(), device: z.string() })),
  /** Of a shape that takes no time to compute: what a call costs by itself. Null where it was not raced. */
  overhead: raceSchema.nullable(),
  races: z.array(raceSchema),
  left_out: z.array(z.strictObject({ id: z.string(), because: z.string() })),
});
export type PeersReport = z.infer<typeof peersReportSchema>;
