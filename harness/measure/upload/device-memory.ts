import type { Adapter, MeasurementOf } from "../../../src/profile/schema.ts";
import { isSoftware } from "../../../src/profile/software-adapter.ts";
import type { Bytes } from "../../../src/units.ts";
import { largestShard } from "./shards.ts";

const GIB: Bytes = 2 ** 30;
const SOFTWARE_CAP: Bytes = GIB / 2;
const UNKNOWN_CAP: Bytes = 8 * GIB;
/** Part of a heap that may be asked for: the rest is for staging memory and what else the system shows on that GPU. */
const DISCRETE_SHARE = 0.9;
const SHARED_SHARE = 0.5;
/** Finer steps find the end more exactly, and take longer. */
const SMALLEST_STEP: Bytes = 64 * 2 ** 20;

/** How much may be asked for. A computer whose memory is the GPU's own would begin to swap before it refuses. */
export const memoryCap = (adapter: Adapter): { readonly bytes: Bytes; readonly because: string } => {
  const { type, memory_heaps } = adapter;
  if (isSoftware(adapter)) return { bytes: SOFTWARE_CAP, because: "a software adapter's memory is the computer's own" };
  const heap = Math.max(0, ...memory_heaps.filter(({ device_local }) => device_local).map(({ size_bytes }) => size_bytes));
  if (heap === 0) return { bytes: UNKNOWN_CAP, because: "WebGPU does not tell the size of the GPU's memory" };
  return type === "discrete GPU"
    ? { bytes: Math.floor(heap * DISCRETE_SHARE), because: "nine tenths of the GPU's own memory as WebGPU tells it" }
    : { bytes: Math.floor(heap * SHARED_SHARE), because: "half of the memory that GPU and computer share" };
};

/** Makes buffers, as large as those of weights and then smaller, until the device refuses or the cap is reached; all are freed again. */
export const measureDeviceMemory = async (device: GPUDevice, adapter: Adapter): Promise<Omit<MeasurementOf<"device-memory">, "id">> => {
  const cap = memoryCap(adapter);
  const buffers: GPUBuffer[] = [];
  let held = 0;
  let isRefused = false;
  let step = Math.min(largestShard(device.limits), cap.bytes);
  try {
    while (step >= SMALLEST_STEP && cap.bytes - held >= SMALLEST_STEP) {
      const most = Math.min(step, cap.bytes - held);
      const size = most - (most % 4);
      device.pushErrorScope("out-of-memory");
      buffers.push(device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST }));
      if ((await device.popErrorScope()) === null) held += size;
      else {
        isRefused = true;
        buffers.pop()?.destroy();
        step /= 2;
      }
    }
  } finally {
    for (const buffer of buffers) buffer.destroy();
    await device.queue.onSubmittedWorkDone();
  }
  return {
    kind: "device-memory",
    held_bytes: held,
    ended: isRefused ? "out-of-memory" : "cap",
    cap_bytes: cap.bytes,
    cap_because: cap.because,
  };
};
