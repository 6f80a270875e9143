import type { KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { elementType, FLAT_GROUP, gridOf, paramsBlock, range, storage, type Width } from "../wgsl.ts";

/** What a tuner varies. */
export interface CopyStructure {
  /** f32 elements that one access moves. */
  readonly width: Width;
  /** Accesses of a thread; with more than one, all are loaded before the first is stored, so that many are under way at once. */
  readonly items: number;
  readonly threads: number;
}

const moves = (items: number): string => {
  const all = range(items);
  const at = (i: number): string => (i === 0 ? "first" : `first + ${i}u * stride`);
  if (items === 1) return `  if (first < count) { copied[first] = source[first]; }`;
  return `  let stride = groups.x * groups.y * threads;
  if (${at(items - 1)} < count) {
${all.map((i) => `    let item_${i} = source[${at(i)}];`).join("\n")}
${all.map((i) => `    copied[${at(i)}] = item_${i};`).join("\n")}
  } else {
    for (var at = first; at < count; at += stride) { copied[at] = source[at]; }
  }`;
};

export const copyWgsl = ({ width, items, threads }: CopyStructure): string => `// copied = source
// source, copied: length elements of f32${width === 4 ? ", padded to whole vec4s" : ""}
// ${threads} threads a workgroup, ${items} ${width === 4 ? "vec4" : "scalar"}${items === 1 ? " a thread" : "s a thread, one grid's width apart"}; neighbouring threads side by side

const threads = ${threads}u;
${paramsBlock(["length"])}
${storage(1, "source", "read", elementType("f32", width))}
${storage(2, "copied", "read_write", elementType("f32", width))}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let count = ${width === 4 ? "(params.length + 3u) / 4u" : "params.length"};
  let first = ${FLAT_GROUP} * threads + thread;
${moves(items)}
}
`;

/**
 * A bandwidth roof: every byte read once and written once. What is read counts as weights, so that a cold run finds it where a cold
 * kernel finds its own.
 */
const copy = (id: string, structure: CopyStructure): KernelVariant => {
  const { width, items, threads } = structure;
  const perGroup = width * items * threads;
  return {
    id,
    family: "copy",
    dtype: "f32",
    needs: [],
    summary: `${items === 1 ? "one" : items} ${width === 4 ? "vec4" : "scalar"}${items === 1 ? "" : "s, strided by the grid,"} read and written by each of ${threads} threads`,
    version: 3,
    verificationShapes: [1, 1023, 1025, perGroup - 1, perGroup + 1, 70_001].map((length) => ({ length })),
    run: (shape) => {
      const { length } = sizesOf("copy", ["length"], shape);
      return {
        buffers: [
          { name: "source", role: "input", type: "f32", length, fill: { kind: "random", scale: 1 }, holds: "weights" },
          { name: "copied", role: "output", type: "f32", length, fill: { kind: "unset" } },
        ],
        dispatches: [
          {
            label: "copy",
            wgsl: copyWgsl(structure),
            entryPoint: "main",
            params: [length],
            bindings: [
              { buffer: "source", access: "read" },
              { buffer: "copied", access: "read_write" },
            ],
            workgroups: gridOf(Math.ceil(length / perGroup)),
          },
        ],
        operations: 0,
        bytes: 8 * length,
        // A copy computes nothing, so nothing may differ.
        reference: ({ source }) => [{ buffer: "copied", expected: source!, bound: new Float64Array(length) }],
      };
    },
  };
};

export const copies: readonly KernelVariant[] = [
  copy("copy/vec4", { width: 4, items: 1, threads: 256 }),
  copy("copy/vec4-t64", { width: 4, items: 1, threads: 64 }),
  copy("copy/vec4x4", { width: 4, items: 4, threads: 256 }),
  copy("copy/vec4x8", { width: 4, items: 8, threads: 128 }),
  copy("copy/scalarx8", { width: 1, items: 8, threads: 256 }),
];
