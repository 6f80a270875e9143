import type { KernelVariant } from "../kernel.ts";
import { elementType, FLAT_GROUP, paramsBlock, range, storage } from "../wgsl.ts";
import { loadItems, placeOf, streamMain, type StreamStructure, streamVariant } from "./stream.ts";

const moves = (items: number): string =>
  items === 1
    ? `  if (first < count) { copied[first] = source[first]; }`
    : `  let stride = groups.x * groups.y * threads;
  if (${placeOf(items - 1)} < count) {
${loadItems(items)}
${range(items)
  .map((i) => `    copied[${placeOf(i)}] = item_${i};`)
  .join("\n")}
  } else {
    for (var at = first; at < count; at += stride) { copied[at] = source[at]; }
  }`;

export const copyWgsl = (structure: StreamStructure): string => {
  const { width, items, threads } = structure;
  return `// copied = source
// source, copied: length elements of f32${width === 4 ? ", padded to whole vec4s" : ""}
// ${threads} threads a workgroup, ${items} ${width === 4 ? "vec4" : "scalar"}${items === 1 ? " a thread" : "s a thread, one grid's width apart"}; neighbouring threads side by side

const threads = ${threads}u;
${paramsBlock(["length"])}
${storage(1, "source", "read", elementType("f32", width))}
${storage(2, "copied", "read_write", elementType("f32", width))}

${streamMain(
  structure,
  `  let count = ${width === 4 ? "(params.length + 3u) / 4u" : "params.length"};
  let first = ${FLAT_GROUP} * threads + thread;
${moves(items)}`,
)}`;
};

/** A bandwidth roof: every byte read once and written once. */
const copy = (id: string, structure: StreamStructure): KernelVariant =>
  streamVariant(id, structure, {
    family: "copy",
    version: 3,
    does: "read and written",
    wgsl: copyWgsl,
    make: (length) => ({
      output: { name: "copied", length },
      params: [length],
      // A copy computes nothing, so nothing may differ.
      reference: ({ source }) => [{ buffer: "copied", expected: source!, bound: new Float64Array(length) }],
    }),
  });

export const copies: readonly KernelVariant[] = [
  copy("copy/vec4", { width: 4, items: 1, threads: 256 }),
  copy("copy/vec4-t64", { width: 4, items: 1, threads: 64 }),
  copy("copy/vec4x4", { width: 4, items: 4, threads: 256 }),
  copy("copy/vec4x8", { width: 4, items: 8, threads: 128 }),
  copy("copy/scalarx8", { width: 1, items: 8, threads: 256 }),
];
