import type { Dispatch } from "./kernel.ts";
import { FLAT_GROUP, gridOf } from "./wgsl.ts";

/** Threads of a workgroup in kernels with one thread per element, unless they say otherwise. */
const THREADS = 64;

/** The entry point of a kernel with one thread per element: `body` sees `at` and runs where `at < count`. */
export const elementwiseMain = (count: string, body: string, threads = THREADS): string => `@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let at = ${FLAT_GROUP} * ${threads}u + thread;
  if (at >= ${count}) { return; }
${body}
}
`;

/** Workgroups for so many elements. */
export const elementwiseGrid = (count: number, threads = THREADS): Dispatch["workgroups"] => gridOf(Math.ceil(count / threads));
