import type { BufferSpec, Dispatch, Dtype, KernelVariant, Reference } from "../kernel.ts";
import type { Plan } from "../plan.ts";
import { sizesOf } from "../shape.ts";
import { directives, needsOf, paramsBlock, storage } from "../wgsl.ts";
import { elementwiseGrid, elementwiseMain } from "../elementwise.ts";

/** Name of the family that chooses a token for each row of logits: the largest, of equal ones the first. */
export const GREEDY_FAMILY = "greedy-head";

interface Sizes {
  readonly rows: number;
  readonly vocab: number;
}

/** Threads that share a row, side by side in it; each leaves the best it saw. */
const PARTS = 256;

/** Below every logit worth choosing; where a row has none above it (NaN, −∞), its first token is chosen. */
const LOWEST: Readonly<Record<Dtype, string>> = { f32: "-3.4e38f", f16: "-65504f" };

/** Vocabularies below this are for verification alone. */
const SMALLEST_VOCAB = 1024;

/** No random value is nearer to zero than 2⁻¹⁴: drawn from this range all are ±2⁻¹⁴, and every row is full of ties. */
const TIES = 2 ** -14;

export const greedyPartsWgsl = (dtype: Dtype): string => `${directives(dtype)}
// The best of each part of a row: the largest logit and where it is, of equal ones the first
// logits: rows×vocab row-major ${dtype} · best, best_at: [row][${PARTS} parts] ${dtype} and u32
// one thread per part, which has every ${PARTS}th logit of the row

${paramsBlock(["rows", "vocab"])}
${storage(1, "logits", "read", dtype)}
${storage(2, "best", "read_write", dtype)}
${storage(3, "best_at", "read_write", "u32")}

${elementwiseMain(
  `params.rows * ${PARTS}u`,
  `  let first = (at / ${PARTS}u) * params.vocab;
  var largest = ${LOWEST[dtype]};
  var token = at % ${PARTS}u;
  for (var i = at % ${PARTS}u; i < params.vocab; i += ${PARTS}u) {
    let logit = f32(logits[first + i]);
    if (logit > largest) {
      largest = logit;
      token = i;
    }
  }
  best[at] = ${dtype}(largest);
  best_at[at] = token;`,
)}`;

export const greedyMergeWgsl = (dtype: Dtype): string => `${directives(dtype)}
// The best of a row's parts: tokens[row], the place of the largest logit, of equal ones the first
// best, best_at: [row][${PARTS} parts] ${dtype} and u32 · tokens: [row] u32 · one thread per row

${paramsBlock(["rows"])}
${storage(1, "best", "read", dtype)}
${storage(2, "best_at", "read", "u32")}
${storage(3, "tokens", "read_write", "u32")}

${elementwiseMain(
  "params.rows",
  `  var largest = best[at * ${PARTS}u];
  var token = best_at[at * ${PARTS}u];
  for (var i = 1u; i < ${PARTS}u; i++) {
    let logit = best[at * ${PARTS}u + i];
    let place = best_at[at * ${PARTS}u + i];
    if (logit > largest || (logit == largest && place < token)) {
      largest = logit;
      token = place;
    }
  }
  tokens[at] = token;`,
)}`;

/** The token of each row of `logits`, in two stages: rows are few and long. */
export const greedyPlan = (dtype: Dtype, { rows, vocab }: Sizes, logits: string, tokens: string): Plan => {
  const parts = (name: string, type: Dtype | "u32"): BufferSpec => ({
    name,
    role: "scratch",
    type,
    length: rows * PARTS,
    fill: { kind: "unset" },
  });
  const dispatches: Dispatch[] = [
    {
      label: "greedy-head parts",
      wgsl: greedyPartsWgsl(dtype),
      entryPoint: "main",
      params: [rows, vocab],
      bindings: [
        { buffer: logits, access: "read" },
        { buffer: "best", access: "read_write" },
        { buffer: "best_at", access: "read_write" },
      ],
      workgroups: elementwiseGrid(rows * PARTS),
    },
    {
      label: "greedy-head merge",
      wgsl: greedyMergeWgsl(dtype),
      entryPoint: "main",
      params: [rows],
      bindings: [
        { buffer: "best", access: "read" },
        { buffer: "best_at", access: "read" },
        { buffer: tokens, access: "read_write" },
      ],
      workgroups: elementwiseGrid(rows),
    },
  ];
  return { dispatches, scratch: [parts("best", dtype), parts("best_at", "u32")] };
};

/** The place of the largest logit of each row, of equal ones the first. Logits are compared as they are stored, so nothing may differ. */
export const greedy = ({ rows, vocab }: Sizes, logits: Float64Array): Omit<Reference, "buffer"> => {
  const expected = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let token = 1; token < vocab; token++) {
      if (logits[row * vocab + token]! > logits[row * vocab + best]!) best = token;
    }
    expected[row] = best;
  }
  return { expected, bound: new Float64Array(rows) };
};

export const greedyHead = (dtype: Dtype): KernelVariant => ({
  id: `${GREEDY_FAMILY}/${dtype}`,
  family: GREEDY_FAMILY,
  dtype,
  needs: needsOf(dtype),
  summary: `${PARTS} threads look through each row, and one through what they found`,
  version: 1,
  verificationShapes: [
    { rows: 1, vocab: 1 },
    { rows: 3, vocab: 255 },
    { rows: 2, vocab: 257 },
    { rows: 67, vocab: 600 },
    { rows: 2, vocab: 5000 },
  ],
  run: (shape) => {
    const sizes = sizesOf(GREEDY_FAMILY, ["rows", "vocab"], shape);
    const { rows, vocab } = sizes;
    const { dispatches, scratch } = greedyPlan(dtype, sizes, "logits", "tokens");
    return {
      buffers: [
        {
          name: "logits",
          role: "input",
          type: dtype,
          length: rows * vocab,
          fill: { kind: "random", scale: vocab < SMALLEST_VOCAB ? TIES : 4 },
        },
        { name: "tokens", role: "output", type: "u32", length: rows, fill: { kind: "unset" } },
        ...scratch,
      ],
      dispatches,
      operations: rows * vocab,
      bytes: rows * vocab * (dtype === "f16" ? 2 : 4) + 4 * rows,
      reference: ({ logits }) => [{ buffer: "tokens", ...greedy(sizes, logits!) }],
    };
  },
});
