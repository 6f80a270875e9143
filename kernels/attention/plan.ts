import { elementwiseGrid } from "../elementwise.ts";
import type { BufferSpec, Dispatch, Dtype } from "../kernel.ts";
import type { Plan } from "../plan.ts";
import { mergeWgsl } from "./merge.ts";
import type { AttentionBuffers, Ragged } from "./problem.ts";
import type { Result } from "./rows.ts";

/** How a kernel divides the work among workgroups, and its text for either kind of result. */
export interface Division {
  readonly label: string;
  readonly wgsl: (result: Result) => string;
  /** Rows of a key–value head that a workgroup takes. */
  readonly rows: number;
  /** Keys that a workgroup goes through, a multiple of 16; null for all of them. */
  readonly splitKeys: number | null;
  /** Partial results of a row that a workgroup leaves; 1 unless its threads keep their own. */
  readonly partsOfSplit?: number;
}

/** Keys of a split that no sequence is longer than. */
const ALL_KEYS = 2 ** 31;

const read = (...buffers: readonly string[]) => buffers.map((buffer) => ({ buffer, access: "read" as const }));
const write = (...buffers: readonly string[]) => buffers.map((buffer) => ({ buffer, access: "read_write" as const }));

/** One dispatch where a workgroup goes through all keys of its rows, else a second that merges what the splits left. */
export const attentionPlan = (dtype: Dtype, sizes: Ragged, buffers: AttentionBuffers, division: Division): Plan => {
  const { heads, kv_heads, head_dim, sequences, mostTokens, mostKeys } = sizes;
  const { rows, splitKeys, partsOfSplit = 1 } = division;
  const workgroupSplits = splitKeys === null ? 1 : Math.ceil(mostKeys / splitKeys);
  const splits = workgroupSplits * partsOfSplit;
  const isPartial = splitKeys !== null || partsOfSplit > 1;
  const rowTiles = Math.ceil((mostTokens * heads) / kv_heads / rows);
  const firstVector = sizes.firstRow * heads;
  const vectors = sizes.tokens * heads;
  const steps = Math.ceil(head_dim / 4);
  const given = read(buffers.queries, buffers.keys, buffers.values, buffers.block_table, buffers.lengths, buffers.starts);
  const attention: Dispatch = {
    label: division.label,
    wgsl: division.wgsl(isPartial ? "partial" : "out"),
    entryPoint: "main",
    params: [sizes.firstSequence, heads, kv_heads, sizes.stride, splitKeys ?? ALL_KEYS, splits, firstVector],
    bindings: [...given, ...(isPartial ? write("partial_sums", "partial_stats") : write(buffers.out))],
    workgroups: [rowTiles, sequences * kv_heads, workgroupSplits],
  };
  if (!isPartial) return { dispatches: [attention], scratch: [] };
  const scratch = (name: string, length: number): BufferSpec => ({ name, role: "scratch", type: "f32", length, fill: { kind: "unset" } });
  return {
    scratch: [scratch("partial_sums", vectors * splits * steps * 4), scratch("partial_stats", vectors * splits * 2)],
    dispatches: [
      attention,
      {
        label: `${division.label} merge`,
        wgsl: mergeWgsl(dtype, head_dim),
        entryPoint: "main",
        params: [firstVector, vectors, splits],
        bindings: [...read("partial_sums", "partial_stats"), ...write(buffers.out)],
        workgroups: elementwiseGrid(vectors * steps),
      },
    ],
  };
};
