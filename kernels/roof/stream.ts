import type { KernelRun, KernelVariant } from "../kernel.ts";
import { sizesOf } from "../shape.ts";
import { gridOf, range, type Width } from "../wgsl.ts";

/** Kernels that go through a buffer, `source`, once: what a tuner varies in them. */
export interface StreamStructure {
  /** f32 elements that one access moves. */
  readonly width: Width;
  /** Accesses of a thread, one grid's width apart; all of them are asked for before the first is needed, so that many are under way at once. */
  readonly items: number;
  readonly threads: number;
}

/** Where a thread's i-th access is; wants `first` and `stride`. */
export const placeOf = (i: number): string => (i === 0 ? "first" : `first + ${i}u * stride`);

/** All accesses of a thread to `source`, as item_0, item_1, … */
export const loadItems = (items: number): string =>
  range(items)
    .map((i) => `    let item_${i} = source[${placeOf(i)}];`)
    .join("\n");

/** The entry point; `body` sees `group`, `groups` and `thread`. */
export const streamMain = ({ threads }: StreamStructure, body: string): string => `@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
${body}
}
`;

/** What a stream makes of `length` elements of `source` on a grid of so many threads. */
interface Made {
  readonly output: { readonly name: string; readonly length: number };
  readonly params: readonly number[];
  readonly reference: KernelRun["reference"];
}

interface Stream extends Pick<KernelVariant, "family" | "version"> {
  /** What happens to an element: "read and written". */
  readonly does: string;
  readonly wgsl: (structure: StreamStructure) => string;
  readonly make: (length: number, gridThreads: number) => Made;
}

/** A bandwidth roof. What is read counts as weights, so that a cold run finds it where a cold kernel finds its own. */
export const streamVariant = (id: string, structure: StreamStructure, { family, version, does, wgsl, make }: Stream): KernelVariant => {
  const { width, items, threads } = structure;
  const perGroup = width * items * threads;
  const accesses = `${items === 1 ? "one" : items} ${width === 4 ? "vec4" : "scalar"}${items === 1 ? "" : "s, strided by the grid,"}`;
  return {
    id,
    family,
    dtype: "f32",
    needs: [],
    summary: `${accesses} ${does} by each of ${threads} threads`,
    version,
    verificationShapes: [1, 1023, 1025, perGroup - 1, perGroup + 1, 70_001].map((length) => ({ length })),
    run: (shape) => {
      const { length } = sizesOf(family, ["length"], shape);
      const workgroups = gridOf(Math.ceil(length / perGroup));
      const { output, params, reference } = make(length, workgroups[0] * workgroups[1] * threads);
      return {
        buffers: [
          { name: "source", role: "input", type: "f32", length, fill: { kind: "random", scale: 1 }, holds: "weights" },
          { ...output, role: "output", type: "f32", fill: { kind: "unset" } },
        ],
        dispatches: [
          {
            label: family,
            wgsl: wgsl(structure),
            entryPoint: "main",
            params,
            bindings: [
              { buffer: "source", access: "read" },
              { buffer: output.name, access: "read_write" },
            ],
            workgroups,
          },
        ],
        operations: 0,
        bytes: 4 * (length + output.length),
        reference,
      };
    },
  };
};
