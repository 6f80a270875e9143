import type { Dtype, KernelFeature, KernelVariant, Shape } from "../kernel.ts";
import { needsOf } from "../wgsl.ts";
import { blockTable } from "./paged-cache.ts";
import { attentionPlan, type Division } from "./plan.ts";
import {
  attentionBuffers,
  attentionOperations,
  type AttentionVariant,
  BUFFERS,
  cachedElements,
  type HeadSizes,
  pairsOf,
  placeBytes,
  raggedOf,
  type Sequences,
} from "./problem.ts";
import { attend } from "./reference.ts";

/** What prefill and decode differ in: the sizes of a shape, and the shapes worth verifying. */
export interface AttentionFamily {
  readonly name: string;
  /** @throws RangeError where the shape is none of the family's */
  readonly batchOf: (shape: Shape) => { readonly sizes: HeadSizes; readonly batch: Sequences };
  readonly verificationShapes: readonly Shape[];
}

/** One way to divide the work, for every head layout. */
export interface Technique {
  /** Stands between family and element type in the variant's id. */
  readonly name: string;
  readonly summary: string;
  readonly needs: readonly KernelFeature[];
  /** As of a `KernelVariant`. */
  readonly madeFor?: KernelVariant["madeFor"];
  readonly divide: (dtype: Dtype, sizes: HeadSizes) => Division;
}

/** Raised when a change could alter the speed or the result of any attention. */
const VERSION = 3;

export const attentionVariant = (family: AttentionFamily, technique: Technique, dtype: Dtype): AttentionVariant => {
  const plan: AttentionVariant["plan"] = (sizes, buffers) => attentionPlan(dtype, sizes, buffers, technique.divide(dtype, sizes));
  return {
    id: `${family.name}/${technique.name}-${dtype}`,
    family: family.name,
    dtype,
    needs: [...needsOf(dtype), ...technique.needs],
    ...(technique.madeFor === undefined ? {} : { madeFor: technique.madeFor }),
    summary: technique.summary,
    version: VERSION,
    verificationShapes: family.verificationShapes,
    plan,
    run: (shape) => {
      const { sizes, batch } = family.batchOf(shape);
      const table = blockTable(batch.lengths);
      const ragged = raggedOf(sizes, batch, table);
      const { dispatches, scratch } = plan(ragged, BUFFERS);
      const elements = 2 * ragged.tokens * sizes.heads * sizes.head_dim + cachedElements(sizes, batch);
      return {
        buffers: [...attentionBuffers(dtype, sizes, batch, table), ...scratch],
        dispatches,
        operations: attentionOperations(sizes, pairsOf(batch)),
        bytes: elements * (dtype === "f16" ? 2 : 4) + placeBytes(batch, table),
        reference: ({ queries, keys, values }) => [
          { buffer: BUFFERS.out, ...attend(dtype, sizes, batch, table, { queries: queries!, keys: keys!, values: values! }) },
        ],
      };
    },
  };
};
