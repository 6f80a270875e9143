import type { Shape } from "../../kernels/kernel.ts";
import { distance } from "../../kernels/layer/choices.ts";
import type { Family } from "../../src/report/peers-schema.ts";

/** One row of the peer table. */
export interface PeerShape {
  /** `16×2048×2048` for m×n×k; for attention what it attends to. */
  readonly name: string;
  /** Where a model has it. */
  readonly of: string;
  readonly family: Family;
  readonly shape: Shape;
  /** Where a tuner is shown the shape; elsewhere its tuned choice is the one made at the nearest shape that was. */
  readonly tuned: "anywhere" | "on a GPU" | "nowhere";
  /** Small enough for a software adapter's few minutes; the others come with `--all` there. */
  readonly isQuick: boolean;
}

const matmul = (m: number, n: number, k: number, of: string, isQuick: boolean, tuned: PeerShape["tuned"] = "anywhere"): PeerShape => ({
  name: `${m}×${n}×${k}`,
  of,
  family: "matmul",
  shape: { m, n, k },
  tuned,
  isQuick,
});

/** Llama-3.2-1B's: 32 query heads share 8 key–value heads of 64. */
const HEADS = { heads: 32, kv_heads: 8, head_dim: 64 };

const decode = (sequences: number, context: number, isQuick: boolean): PeerShape => ({
  name: `decode ${sequences} at ${context}`,
  of: `${sequences} sequences, ${context} keys each`,
  family: "attention-decode",
  shape: { ...HEADS, sequences, context },
  tuned: "anywhere",
  isQuick,
});

const prefill = (chunk: number, isQuick: boolean): PeerShape => ({
  name: `prefill ${chunk}`,
  of: `a prompt of ${chunk} tokens, causal`,
  family: "attention-prefill",
  shape: { ...HEADS, chunk, context: 0 },
  tuned: "anywhere",
  isQuick,
});

/** Rows of the table, in its order. The o projection of the model is m×2048×2048 and stands once. */
export const SHAPES: readonly PeerShape[] = [
  ...[256, 512, 1024].map((size) => matmul(size, size, size, "square", true)),
  // On a processor every variant takes seconds here, and a tuner minutes.
  matmul(2048, 2048, 2048, "square", false, "on a GPU"),
  ...[1, 4, 16, 64].map((m) => matmul(m, 2048, 2048, m === 4 ? "few tokens" : "o projection", true)),
  ...[1, 16, 64].flatMap((m) => [
    matmul(m, 3072, 2048, "qkv projection", m === 16),
    matmul(m, 16384, 2048, "gate and up", m === 1),
    matmul(m, 2048, 8192, "down projection", m === 1),
  ]),
  ...[1, 16].flatMap((sequences) =>
    [128, 512, 1024, 4096].map((context) => decode(sequences, context, sequences === 1 ? context === 1024 : context === 512)),
  ),
  ...[128, 512].map((chunk) => prefill(chunk, chunk === 128)),
  matmul(384, 384, 384, "never tuned on", true, "nowhere"),
  matmul(320, 1000, 1500, "never tuned on", true, "nowhere"),
  matmul(7, 2048, 2048, "never tuned on", true, "nowhere"),
];

/** Takes no time to compute, so that a call on it takes what any call costs. */
export const TINY: PeerShape = matmul(1, 4, 4, "next to nothing", true);

export interface ShapeSelection {
  readonly isSoftware: boolean;
  readonly all: boolean;
  /** Text that a row's name or family contains; null takes every row. */
  readonly only: string | null;
}

/** The rows to measure: those named, else all of them on a GPU and the quick ones on a software adapter. */
export const selectedShapes = ({ isSoftware, all, only }: ShapeSelection): PeerShape[] =>
  SHAPES.filter((row) =>
    only === null ? all || !isSoftware || row.isQuick : `${row.family} ${row.name} ${row.of}`.includes(only.replaceAll("x", "×")),
  );

/** The nearest of some shapes; null where there is none. */
export const nearestOrNull = (shape: Shape, others: readonly Shape[]): Shape | null =>
  others.reduce<Shape | null>((best, other) => (best === null || distance(shape, other) < distance(shape, best) ? other : best), null);

/** Where a row's tuned choice is made: at its own shape, or at the nearest of its family that a tuner is shown. */
export const tunedAt = (row: PeerShape, isSoftware: boolean): Shape => {
  const isTuned = ({ tuned }: PeerShape): boolean => tuned === "anywhere" || (tuned === "on a GPU" && !isSoftware);
  const others = SHAPES.filter((other) => isTuned(other) && other.family === row.family).map(({ shape }) => shape);
  return isTuned(row) ? row.shape : (nearestOrNull(row.shape, others) ?? row.shape);
};
