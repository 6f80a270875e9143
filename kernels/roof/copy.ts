import type { KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { FLAT_GROUP, gridOf, paramsBlock, range, storage } from "../wgsl.ts";

/** What a tuner varies. */
export interface CopyStructure {
  /** vec4s a thread moves; with more than one, all are loaded before the first is stored, so that many are under way at once. */
  readonly vec4s: number;
  readonly threads: number;
}

const moves = (vec4s: number): string => {
  const all = range(vec4s);
  const at = (i: number): string => (i === 0 ? "first" : `first + ${i}u * stride`);
  if (vec4s === 1) return `  if (first < quads) { copied[first] = source[first]; }`;
  return `  let stride = groups.x * groups.y * threads;
  if (${at(vec4s - 1)} < quads) {
${all.map((i) => `    let quad_${i} = source[${at(i)}];`).join("\n")}
${all.map((i) => `    copied[${at(i)}] = quad_${i};`).join("\n")}
  } else {
    for (var at = first; at < quads; at += stride) { copied[at] = source[at]; }
  }`;
};

export const copyWgsl = ({ vec4s, threads }: CopyStructure): string => `// copied = source
// source, copied: length elements of f32, padded to whole vec4s
// ${threads} threads a workgroup, ${vec4s === 1 ? "one vec4 a thread" : `${vec4s} vec4s a thread, one grid's width apart`}; neighbouring threads side by side

const threads = ${threads}u;
${paramsBlock(["length"])}
${storage(1, "source", "read", "vec4<f32>")}
${storage(2, "copied", "read_write", "vec4<f32>")}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let quads = (params.length + 3u) / 4u;
  let first = ${FLAT_GROUP} * threads + thread;
${moves(vec4s)}
}
`;

/**
 * A bandwidth roof: every byte read once and written once. What is read counts as weights, so that a cold run finds it where a cold
 * kernel finds its own.
 */
const copy = (id: string, structure: CopyStructure): KernelVariant => {
  const { vec4s, threads } = structure;
  return {
    id,
    family: "copy",
    dtype: "f32",
    needs: [],
    summary: `${vec4s === 1 ? "one vec4" : `${vec4s} vec4s, strided by the grid,`} read and written by each of ${threads} threads`,
    version: 2,
    verificationShapes: [1, 1023, 1025, 4 * vec4s * threads - 3, 4 * vec4s * threads + 1, 70_001].map((length) => ({ length })),
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
            workgroups: gridOf(Math.ceil(length / 4 / vec4s / threads)),
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
  copy("copy/vec4", { vec4s: 1, threads: 256 }),
  copy("copy/vec4-t64", { vec4s: 1, threads: 64 }),
  copy("copy/vec4x4", { vec4s: 4, threads: 256 }),
  copy("copy/vec4x8", { vec4s: 8, threads: 128 }),
];
