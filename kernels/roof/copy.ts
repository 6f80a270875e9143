import type { KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { FLAT_GROUP, gridOf, paramsBlock, storage } from "../wgsl.ts";

const THREADS = 256;

export const copyWgsl = (): string => `// target = source, one vec4 a thread, neighbouring threads side by side
// source, target: length elements of f32, padded to whole vec4s

${paramsBlock(["length"])}
${storage(1, "source", "read", "vec4<f32>")}
${storage(2, "copied", "read_write", "vec4<f32>")}

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let at = ${FLAT_GROUP} * ${THREADS}u + thread;
  if (at < (params.length + 3u) / 4u) { copied[at] = source[at]; }
}
`;

/** The bandwidth roof: every byte read once and written once. A length of several times the last-level cache measures memory. */
export const copy: KernelVariant = {
  id: "copy/vec4",
  family: "copy",
  dtype: "f32",
  needs: [],
  summary: "one vec4 read and written by each thread",
  version: 1,
  verificationShapes: [{ length: 1 }, { length: 1023 }, { length: 1025 }, { length: 70_001 }],
  run: (shape) => {
    const { length } = sizesOf("copy", ["length"], shape);
    return {
      buffers: [
        { name: "source", role: "input", type: "f32", length, fill: { kind: "random", scale: 1 } },
        { name: "copied", role: "output", type: "f32", length, fill: { kind: "unset" } },
      ],
      dispatches: [
        {
          label: "copy",
          wgsl: copyWgsl(),
          entryPoint: "main",
          params: [length],
          bindings: [
            { buffer: "source", access: "read" },
            { buffer: "copied", access: "read_write" },
          ],
          workgroups: gridOf(Math.ceil(length / 4 / THREADS)),
        },
      ],
      operations: 0,
      bytes: 8 * length,
      // A copy computes nothing, so nothing may differ.
      reference: ({ source }) => [{ buffer: "copied", expected: source!, bound: new Float64Array(length) }],
    };
  },
};
