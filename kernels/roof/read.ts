import { sumError } from "../bounds.ts";
import type { KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { FLAT_GROUP, gridOf, paramsBlock, range, storage } from "../wgsl.ts";

/** What a tuner varies. */
export interface ReadStructure {
  /** vec4s a thread reads, all of them asked for before the first is needed. */
  readonly vec4s: number;
  readonly threads: number;
}

export const readWgsl = ({ vec4s, threads }: ReadStructure): string => {
  const all = range(vec4s);
  const at = (i: number): string => (i === 0 ? "first" : `first + ${i}u * stride`);
  return `// sums[thread] = sum of the elements that a thread reads: a read-only roof, as decoding reads weights
// source: length elements of f32, padded to whole vec4s · sums: one f32 a thread
// ${threads} threads a workgroup, ${vec4s} vec4s a thread, one grid's width apart; neighbouring threads side by side

const threads = ${threads}u;
${paramsBlock(["length", "readers"])}
${storage(1, "source", "read", "vec4<f32>")}
${storage(2, "sums", "read_write", "f32")}

// The last vec4 may hold padding, which is no element.
fn sum_at(at: u32) -> f32 {
  let quad = source[at];
  let rest = vec4<u32>(4u * at) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.length);
  return dot(select(vec4<f32>(), quad, rest), vec4<f32>(1));
}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let quads = (params.length + 3u) / 4u;
  let stride = groups.x * groups.y * threads;
  let first = ${FLAT_GROUP} * threads + thread;
  if (first >= params.readers) { return; }
  if (${at(vec4s - 1)} < params.length / 4u) {
${all.map((i) => `    let quad_${i} = source[${at(i)}];`).join("\n")}
    sums[first] = dot(${all.map((i) => `quad_${i}`).join(" + ")}, vec4<f32>(1));
  } else {
    var total = 0.0;
    for (var at = first; at < quads; at += stride) { total += sum_at(at); }
    sums[first] = total;
  }
}
`;
};

/** The bandwidth roof of reading alone. */
const read = (id: string, structure: ReadStructure): KernelVariant => {
  const { vec4s, threads } = structure;
  return {
    id,
    family: "read",
    dtype: "f32",
    needs: [],
    summary: `${vec4s} vec4s, strided by the grid, read and added by each of ${threads} threads`,
    version: 1,
    verificationShapes: [1, 1023, 1025, 4 * vec4s * threads - 3, 4 * vec4s * threads + 1, 70_001].map((length) => ({ length })),
    run: (shape) => {
      const { length } = sizesOf("read", ["length"], shape);
      const workgroups = gridOf(Math.ceil(length / 4 / vec4s / threads));
      const quads = Math.ceil(length / 4);
      const stride = workgroups[0] * workgroups[1] * threads;
      const readers = Math.min(quads, stride);
      return {
        buffers: [
          { name: "source", role: "input", type: "f32", length, fill: { kind: "random", scale: 1 }, holds: "weights" },
          { name: "sums", role: "output", type: "f32", length: readers, fill: { kind: "unset" } },
        ],
        dispatches: [
          {
            label: "read",
            wgsl: readWgsl(structure),
            entryPoint: "main",
            params: [length, readers],
            bindings: [
              { buffer: "source", access: "read" },
              { buffer: "sums", access: "read_write" },
            ],
            workgroups,
          },
        ],
        // The additions are there so that nothing read can be left out; what is measured is the reading.
        operations: 0,
        bytes: 4 * (length + readers),
        reference: ({ source }) => {
          const expected = new Float64Array(readers);
          const bound = new Float64Array(readers);
          for (let reader = 0; reader < readers; reader++) {
            let magnitude = 0;
            for (let at = reader; at < quads; at += stride) {
              for (const value of source!.subarray(4 * at, Math.min(4 * at + 4, length))) {
                expected[reader]! += value;
                magnitude += Math.abs(value);
              }
            }
            // A product with 1 each, and no more terms than a thread has, padding included.
            bound[reader] = sumError(4 * vec4s, magnitude);
          }
          return [{ buffer: "sums", expected, bound }];
        },
      };
    },
  };
};

export const reads: readonly KernelVariant[] = [
  read("read/vec4x4", { vec4s: 4, threads: 256 }),
  read("read/vec4x8", { vec4s: 8, threads: 256 }),
  read("read/vec4x8-t64", { vec4s: 8, threads: 64 }),
  read("read/vec4x16", { vec4s: 16, threads: 128 }),
];
