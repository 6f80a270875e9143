import type { Seconds } from "../../../src/units.ts";
import type { Encodable, TimedWork } from "./encodable.ts";

/** Passes that one submit may time. */
export const MOST_PASSES = 16;

/** GPU time of whole passes. */
export interface PassTimer {
  /**
   * Runs `passes` passes (up to 16) in one submit, `runs` runs of the work in each, and gives each pass's GPU time, without what is
   * encoded before it. WebGPU lets timestamps be
   * zero, equal or go backwards: null stands for a pass whose were.
   */
  time(work: Encodable & Pick<TimedWork, "beforeSubmit" | "beforeSample">, runs: number, passes: number): Promise<(Seconds | null)[]>;
  destroy(): void;
}

/** Difference of a pass's own timestamps, in nanoseconds as WebGPU gives them; null where it is not a duration. */
export const durationOrNull = (begin: bigint, end: bigint): Seconds | null =>
  end > begin && begin > 0n ? Number(end - begin) / 1e9 : null;

/** Needs the feature `timestamp-query`. */
export const passTimer = (device: GPUDevice): PassTimer => {
  const size = MOST_PASSES * 2 * BigUint64Array.BYTES_PER_ELEMENT;
  const querySet = device.createQuerySet({ type: "timestamp", count: MOST_PASSES * 2 });
  const resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const readable = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  return {
    time: async (work, runs, passes) => {
      const encoder = device.createCommandEncoder();
      work.beforeSubmit?.(encoder);
      for (let i = 0; i < passes; i++) {
        work.beforeSample?.(encoder);
        const pass = encoder.beginComputePass({
          timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
        });
        work.encode(pass, runs);
        pass.end();
      }
      encoder.resolveQuerySet(querySet, 0, 2 * passes, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, size);
      device.queue.submit([encoder.finish()]);
      await readable.mapAsync(GPUMapMode.READ);
      const stamps = new BigUint64Array(readable.getMappedRange());
      const durations = Array.from({ length: passes }, (_, i) => durationOrNull(stamps[2 * i]!, stamps[2 * i + 1]!));
      readable.unmap();
      return durations;
    },
    destroy: () => {
      querySet.destroy();
      resolved.destroy();
      readable.destroy();
    },
  };
};
