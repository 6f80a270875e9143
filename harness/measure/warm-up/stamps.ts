import type { Seconds } from "../../../src/units.ts";
import { durationOrNull } from "../sampling/timestamps.ts";

/** Timestamps of passes in many submits, resolved once at the end: resolving converts them in a shader of the browser's own. */
export interface Stamps {
  readonly querySet: GPUQuerySet;
  destroy(): void;
}

/** Needs the feature `timestamp-query`. */
export const stamps = (device: GPUDevice, passes: number): Stamps => {
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 * passes });
  return { querySet, destroy: () => querySet.destroy() };
};

/** A pass whose beginning and end are stamped as those of this index; without stamps a plain one. */
export const stampedPass = (encoder: GPUCommandEncoder, held: Stamps | null, index: number): GPUComputePassEncoder =>
  held === null
    ? encoder.beginComputePass()
    : encoder.beginComputePass({
        timestampWrites: { querySet: held.querySet, beginningOfPassWriteIndex: 2 * index, endOfPassWriteIndex: 2 * index + 1 },
      });

/** GPU time of the first `passes` passes; null for one whose timestamps are no duration. */
export const readStamps = async (device: GPUDevice, { querySet }: Stamps, passes: number): Promise<(Seconds | null)[]> => {
  const size = 2 * passes * BigUint64Array.BYTES_PER_ELEMENT;
  const resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const readable = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  try {
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, 2 * passes, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readable, 0, size);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    const values = new BigUint64Array(readable.getMappedRange());
    return Array.from({ length: passes }, (_, i) => durationOrNull(values[2 * i]!, values[2 * i + 1]!));
  } finally {
    resolved.destroy();
    readable.destroy();
  }
};
