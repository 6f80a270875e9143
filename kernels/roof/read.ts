import { sumError } from "../bounds.ts";
import type { KernelVariant } from "../kernel.ts";
import { elementType, FLAT_GROUP, paramsBlock, range, storage } from "../wgsl.ts";
import { loadItems, placeOf, streamMain, type StreamStructure, streamVariant } from "./stream.ts";

export const readWgsl = (structure: StreamStructure): string => {
  const { width, items, threads } = structure;
  const sum = range(items)
    .map((i) => `item_${i}`)
    .join(" + ");
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

${streamMain(
  structure,
  `  let stride = groups.x * groups.y * threads;
  let first = ${FLAT_GROUP} * threads + thread;
  if (first >= params.readers) { return; }
  if (${placeOf(items - 1)} < params.length / ${width}u) {
${loadItems(items)}
    sums[first] = ${width === 4 ? `dot(${sum}, vec4<f32>(1))` : sum};
  } else {
    var total = 0.0;
    for (var at = first; at < (params.length + ${width - 1}u) / ${width}u; at += stride) { total += sum_at(at); }
    sums[first] = total;
  }`,
)}`;
};

/** The bandwidth roof of reading alone. The additions are there so that nothing read can be left out; what is measured is the reading. */
const read = (id: string, structure: StreamStructure): KernelVariant =>
  streamVariant(id, structure, {
    family: "read",
    version: 2,
    does: "read and added",
    wgsl: readWgsl,
    make: (length, gridThreads) => {
      const { width, items } = structure;
      const accesses = Math.ceil(length / width);
      const readers = Math.min(accesses, gridThreads);
      return {
        output: { name: "sums", length: readers },
        params: [length, readers],
        reference: ({ source }) => {
          const expected = new Float64Array(readers);
          const bound = new Float64Array(readers);
          for (let reader = 0; reader < readers; reader++) {
            let magnitude = 0;
            for (let at = reader; at < accesses; at += gridThreads) {
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
  });

export const reads: readonly KernelVariant[] = [
  read("read/vec4x4", { width: 4, items: 4, threads: 256 }),
  read("read/vec4x8", { width: 4, items: 8, threads: 256 }),
  read("read/vec4x8-t64", { width: 4, items: 8, threads: 64 }),
  read("read/vec4x16", { width: 4, items: 16, threads: 128 }),
  read("read/scalarx16", { width: 1, items: 16, threads: 256 }),
];
