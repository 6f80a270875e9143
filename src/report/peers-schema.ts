import { z } from "zod";
import { adapterSchema, conditionSchema, environmentSchema } from "../profile/schema.ts";
import type { VersionedFile } from "../versioned.ts";

/**
 * What a peer table is: Ballast's kernels beside other WebGPU libraries on one device, with every sample. `npm run bench:peers` writes
 * it; the JSON Schema in `schema/peers.schema.json` is generated from here.
 */
export const PEERS_SCHEMA = "ballast.peer-table/1";

export const PEERS = ["jax-js", "tfjs", "onnxruntime"] as const;
export type Peer = (typeof PEERS)[number];

/** Ballast's two rows: its best variant at a shape, and its choice before anything was timed. */
export const TUNED = "ballast (tuned)";
export const DEFAULT = "ballast (default)";
export type Ours = typeof TUNED | typeof DEFAULT;

/** Why a shape that was asked for is not in a table that is not whole. */
export const UNREACHED = { budget: "the time budget had ended", stopped: "the run was stopped before" } as const;

/** Whether all that was asked for was raced, or given up for a reason of its own. */
export const isWhole = ({ left_out }: Pick<PeerTable, "left_out">): boolean =>
  left_out.every(({ because }) => because !== UNREACHED.budget && because !== UNREACHED.stopped);

const errorSchema = z.strictObject({ of_magnitudes: z.number(), of_bound: z.number() }).meta({
  description: "Largest difference from the f64 reference, as a share of the magnitudes an element is made of, and of what f32 allows",
});

const waySchema = z
  .strictObject({ way: z.string(), seconds: z.number().nullable(), error: errorSchema.nullable(), because: z.string().nullable() })
  .meta({
    description: "A way of calling a library (a layout, an operator, a variant), with one call's time before the rounds, or why it is out",
  });
export type WayTried = z.infer<typeof waySchema>;

const contestantSchema = z.strictObject({
  name: z.string().meta({ description: "'ballast (tuned)', 'ballast (default)' or a library" }),
  way: z.string().nullable().meta({ description: "The way whose samples these are, the fastest by them; null where none took part" }),
  samples_s: z.array(z.number().positive()).meta({ description: "Seconds of one call, one value a round, rounds in order" }),
  calls_per_sample: z.int().min(1).nullable(),
  error: errorSchema.nullable(),
  because: z.string().nullable().meta({ description: "Why it took no part" }),
  tried: z.array(waySchema).meta({ description: "All ways that were tried, the one above included" }),
});
export type Contestant = z.infer<typeof contestantSchema>;

export const raceSchema = z.strictObject({
  id: z.string(),
  family: z.enum(["matmul", "attention-decode", "attention-prefill"]),
  shape: z.record(z.string(), z.number()),
  tuned_at: z.record(z.string(), z.number()).meta({ description: "Shape at which the tuned variant was chosen" }),
  operations: z.number().min(0),
  compared: z.int().min(1).meta({ description: "Outputs that were compared with the f64 reference" }),
  contestants: z.array(contestantSchema),
});
export type Race = z.infer<typeof raceSchema>;
export type Family = Race["family"];

export const peerTableSchema = z
  .strictObject({
    schema: z.literal(PEERS_SCHEMA),
    device: z.string().min(1),
    is_gpu: z.boolean().meta({ description: "false: a software adapter; its ratios say nothing of any GPU" }),
    condition: conditionSchema,
    ballast_version: z.string(),
    started_at: z.iso.datetime(),
    ended_at: z.iso.datetime(),
    environment: environmentSchema
      .pick({ os: true, cpu: true, cpu_cores: true, memory_bytes: true, node: true, browser: true })
      .extend({ adapter: adapterSchema.pick({ vendor: true, architecture: true, device: true, description: true, driver: true }) }),
    selection: z.enum(["all", "quick", "some"]).meta({
      description: "all: every shape and peer; quick: the shapes that a software adapter does in minutes; some: those that were named",
    }),
    rounds: z.int().min(1),
    libraries: z
      .array(z.strictObject({ name: z.string(), version: z.string(), device: z.string() }))
      .meta({ description: "Each library, and how it came by the page's device or why it did not start" }),
    kernels: z.record(z.string(), z.int().min(1)).meta({ description: "Versions of Ballast's kernels that were raced, by variant" }),
    overhead: raceSchema
      .nullable()
      .meta({ description: "Of a shape that takes no time to compute: what a call costs by itself; null where it was not raced" }),
    races: z.array(raceSchema),
    left_out: z.array(z.strictObject({ id: z.string(), because: z.string() })),
  })
  .meta({ id: "PeerTable", title: "Ballast peer table, version 1" });
export type PeerTable = z.infer<typeof peerTableSchema>;

export const peersFile: VersionedFile<PeerTable> = {
  what: "peer table",
  current: PEERS_SCHEMA,
  schema: peerTableSchema,
  upgrades: {},
  nextStep: "Race again: npm run bench:peers",
};
