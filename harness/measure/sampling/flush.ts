import type { Bytes } from "../../../src/units.ts";
import { guarded } from "../gpu-errors.ts";
import { pipelineFor } from "../pipelines.ts";

const THREADS = 256;

/**
 * Every vec4 is read and written, so that all of the buffer passes through the cache whatever its write policy; no two passes write the
 * same values. The second buffer is what the flushed work writes: touching it makes the work wait.
 */
const WGSL = `
@group(0) @binding(0) var<storage, read_write> flushed: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> awaited: array<u32>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let at = id.y * groups.x * ${THREADS}u + id.x;
  if (at >= arrayLength(&flushed)) { return; }
  flushed[at] += vec4<u32>(at, 1u, at, 1u);
  if (at == 0u) { awaited[0] = flushed[0].x; }
}`;

/** A write larger than the last-level cache, after which nothing of before is in it. */
export interface CacheFlush {
  /** Bytes it writes. */
  readonly bytes: Bytes;
  /**
   * Encodes a flush that later work waits for.
   *
   * @param awaited a buffer that the later work writes and does not read before: its first element is overwritten
   */
  before(awaited: GPUBuffer): Promise<(encoder: GPUCommandEncoder) => void>;
}

/** @throws OutOfMemory where the device has no room for so much */
export const cacheFlush = async (device: GPUDevice, wanted: Bytes): Promise<CacheFlush> => {
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupsPerDimension } = device.limits;
  const bytes = Math.min(wanted, maxStorageBufferBindingSize, maxBufferSize) & ~15;
  const buffer = await guarded(device, () => device.createBuffer({ label: "cache flush", size: bytes, usage: GPUBufferUsage.STORAGE }));
  const { pipeline, layout } = await pipelineFor(device, {
    label: "cache flush",
    wgsl: WGSL,
    entryPoint: "main",
    bindings: [
      { buffer: "flushed", access: "read_write" },
      { buffer: "awaited", access: "read_write" },
    ],
    workgroups: [1, 1, 1],
  });
  const groups = Math.ceil(bytes / 16 / THREADS);
  const across = Math.min(groups, maxComputeWorkgroupsPerDimension);
  const down = Math.ceil(groups / across);
  return {
    bytes,
    before: (awaited) =>
      guarded(device, () => {
        const group = device.createBindGroup({
          layout,
          entries: [buffer, awaited].map((bound, binding) => ({ binding, resource: { buffer: bound } })),
        });
        return (encoder: GPUCommandEncoder) => {
          const pass = encoder.beginComputePass({ label: "cache flush" });
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(across, down);
          pass.end();
        };
      }),
  };
};
