import { sumError } from "../bounds.ts";
import type { KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { elementType, FLAT_GROUP, gridOf, paramsBlock, range, storage, type Width } from "../wgsl.ts";

/** What a tuner varies. */
export interface ReadStructure {
  /** f32 elements that one access reads. */
  readonly width: Width;
  /** Accesses of a thread, all of them asked for before the first is needed. */
  readonly items: number;
  readonly threads: number;
}

export const readWgsl = ({ width, items, threads }: ReadStructure): string => {
  const all = range(items);
  const at = (i: number): string => (i === 0 ? "first" : `first + ${i}u * stride`);
  const sum = all.map((i) => `item_${i}`).join(" + ");
  return `// sums[thread] = sum of the elements that a thread reads: a read-only roof, as decoding reads weights
// source: length elements of f32${width === 4 ? ", padded to whole vec4s" : ""} · sums: one f32 a thread
// ${threads} threads a workgroup, ${items} ${width === 4 ? "vec4s" : "scalars"} a thread, one grid's width apart; neighbouring threads side by side

const threads = ${threads}u;
${paramsBlock(["length", "readers"])}
${storage(1, "source", "read", elementType("f32", width))}
${storage(2, "sums", "read_write", "f32")}

${
  width === 4
    ? `// The last vec4 may hold padding, which is no element.
fn sum_at(at: u32) -> f32 {
  let isElement = vec4<u32>(4u * at) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.length);
  return dot(select(vec4<f32>(), source[at], isElement), vec4<f32>(1));
}`
    : `fn sum_at(at: u32) -> f32 { return source[at]; }`
}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let stride = groups.x * groups.y * threads;
  let first = ${FLAT_GROUP} * threads + thread;
  if (first >= params.readers) { return; }
  if (${at(items - 1)} < params.length / ${width}u) {
${all.map((i) => `    let item_${i} = source[${at(i)}];`).join("\n")}
    sums[first] = ${width === 4 ? `dot(${sum}, vec4<f32>(1))` : sum};
  } else {
    var total = 0.0;
    for (var at = first; at < (params.length + ${width - 1}u) / ${width}u; at += stride) { total += sum_at(at); }
    sums[first] = total;
  }
}
`;
};

/** The bandwidth roof of reading alone. */
const read = (id: string, structure: ReadStructure): KernelVariant => {
  const { width, items, threads } = structure;
  const perGroup = width * items * threads;
  return {
    id,
    family: "read",
    dtype: "f32",
    needs: [],
    summary: `${items} ${width === 4 ? "vec4s" : "scalars"}, strided by the grid, read and added by each of ${threads} threads`,
    version: 2,
    verificationShapes: [1, 1023, 1025, perGroup - 1, perGroup + 1, 70_001].map((length) => ({ length })),
    run: (shape) => {
      const { length } = sizesOf("read", ["length"], shape);
      const workgroups = gridOf(Math.ceil(length / perGroup));
      const accesses = Math.ceil(length / width);
      const stride = workgroups[0] * workgroups[1] * threads;
      const readers = Math.min(accesses, stride);
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
            for (let at = reader; at < accesses; at += stride) {
              for (const value of source!.subarray(width * at, Math.min(width * (at + 1), length))) {
                expected[reader]! += value;
                magnitude += Math.abs(value);
              }
            }
            // A product with 1 each, and no more terms than a thread has, padding included.
            bound[reader] = sumError(width * items, magnitude);
          }
          return [{ buffer: "sums", expected, bound }];
        },
      };
    },
  };
};

export const reads: readonly KernelVariant[] = [
  read("read/vec4x4", { width: 4, items: 4, threads: 256 }),
  read("read/vec4x8", { width: 4, items: 8, threads: 256 }),
  read("read/vec4x8-t64", { width: 4, items: 8, threads: 64 }),
  read("read/vec4x16", { width: 4, items: 16, threads: 128 }),
  read("read/scalarx16", { width: 1, items: 16, threads: 256 }),
];
