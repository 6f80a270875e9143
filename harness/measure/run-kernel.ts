import { fromHalf, toHalf } from "../../kernels/half.ts";
import type { BufferSpec, KernelRun, Values } from "../../kernels/kernel.ts";
import { fillValues } from "./fill.ts";
import { fillByRepeating } from "./repeat.ts";
import { guarded, LimitExceeded } from "./gpu-errors.ts";
import { pipelineFor } from "./pipelines.ts";
import { readBack } from "./read-back.ts";

/** A kernel run on a device: buffers filled, pipelines compiled. Nothing has been dispatched yet. */
export interface PreparedKernel {
  /** Encodes the run's dispatches, `times` over, into a compute pass. Each run takes the next copy of the weights and caches. */
  encode(pass: GPUComputePassEncoder, times: number): void;
  /** A buffer that every run writes and none reads before: whatever else writes it, the next run waits for. */
  readonly output: GPUBuffer;
  /** The buffers that the dispatches write, as they are now, by name. Waits for all work submitted before. */
  read(): Promise<Values>;
  /** The input buffers as they were filled, exactly as the GPU holds them. */
  readonly inputs: Values;
  /** Frees the buffers; pipelines stay with the device. */
  destroy(): void;
}

export interface PrepareOptions {
  /** Random buffers are a function of this and their name. */
  readonly seed: number;
  /** Whether `inputs` is kept. For timing alone it would only be memory, and large buffers repeat one random block. */
  readonly keepInputs: boolean;
  /** Of the buffers that hold weights or a KV cache: the runs take turns on them. 1 unless given. */
  readonly copies?: number;
}

/** Elements of a repeated block: a multiple of 8, so that it fills whole 16 bytes in f16, and no power of two, so that rows differ. */
const BLOCK = 999_992;

/**
 * Puts a kernel run on a device.
 *
 * @throws LimitExceeded where a buffer or a dispatch is larger than the device allows
 * @throws OutOfMemory where the device had no room
 * @throws ValidationFailed where the browser refuses the kernel: a fault of the kernel
 */
export const prepare = async (
  device: GPUDevice,
  run: KernelRun,
  { seed, keepInputs, copies = 1 }: PrepareOptions,
): Promise<PreparedKernel> => {
  checkLimits(device.limits, run);
  const held: GPUBuffer[] = [];
  const inputs: Record<string, Float64Array> = {};
  const destroy = (): void => {
    for (const buffer of held) buffer.destroy();
  };
  const allocate = (label: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer => {
    const buffer = device.createBuffer({ label, size, usage });
    held.push(buffer);
    return buffer;
  };

  try {
    const buffers = await guarded(device, () => {
      const made = new Map<string, readonly [GPUBuffer, ...GPUBuffer[]]>();
      const make = (spec: BufferSpec) =>
        allocate(spec.name, paddedBytes(spec), GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST);
      for (const spec of run.buffers) {
        const buffer = make(spec);
        made.set(spec.name, [buffer, ...(spec.holds === undefined ? [] : Array.from({ length: copies - 1 }, () => make(spec)))]);
        if (spec.fill.kind === "unset") continue;
        if (!keepInputs && (spec.fill.kind === "random" || spec.fill.kind === "bits") && spec.length > BLOCK) {
          fillByRepeating(device, buffer, encodeValues(spec, fillValues({ ...spec, length: BLOCK }, seed)));
          continue;
        }
        const values = fillValues(spec, seed);
        device.queue.writeBuffer(buffer, 0, encodeValues(spec, values));
        if (keepInputs && spec.role === "input") inputs[spec.name] = values;
      }
      const encoder = device.createCommandEncoder();
      for (const [first, ...others] of made.values()) {
        for (const other of others) encoder.copyBufferToBuffer(first, 0, other, 0, first.size);
      }
      device.queue.submit([encoder.finish()]);
      return made;
    });
    const copiesOf = (name: string): readonly [GPUBuffer, ...GPUBuffer[]] => {
      const found = buffers.get(name);
      if (found === undefined) throw new RangeError(`a dispatch binds ${name}, and no buffer has that name`);
      return found;
    };

    const pipelines = await Promise.all(run.dispatches.map((dispatch) => pipelineFor(device, dispatch)));
    const steps = await guarded(device, () =>
      run.dispatches.map((dispatch, index) => {
        const { pipeline, layout } = pipelines[index]!;
        const params: GPUBindGroupEntry[] = [];
        if (dispatch.params !== undefined) {
          const data = Uint32Array.from({ length: Math.ceil(dispatch.params.length / 4) * 4 }, (_, i) => dispatch.params?.[i] ?? 0);
          const uniform = allocate(`${dispatch.label} params`, data.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
          device.queue.writeBuffer(uniform, 0, data);
          params.push({ binding: 0, resource: { buffer: uniform } });
        }
        const bound = dispatch.bindings.map(({ buffer }) => copiesOf(buffer));
        const groups = Array.from({ length: Math.max(1, ...bound.map(({ length }) => length)) }, (_, copy) =>
          device.createBindGroup({
            layout,
            entries: [
              ...params,
              ...bound.map((buffers, i) => ({ binding: params.length + i, resource: { buffer: buffers[copy % buffers.length]! } })),
            ],
          }),
        );
        return { pipeline, groups, workgroups: dispatch.workgroups };
      }),
    );

    const written = new Set(
      run.dispatches.flatMap(({ bindings }) => bindings.filter(({ access }) => access === "read_write")).map(({ buffer }) => buffer),
    );
    const output = run.buffers.find(({ role }) => role === "output");
    if (output === undefined) throw new RangeError("expected an output among the buffers, got none");
    let nextCopy = 0;
    return {
      inputs,
      destroy,
      output: copiesOf(output.name)[0],
      encode: (pass, times) => {
        for (let time = 0; time < times; time++) {
          for (const { pipeline, groups, workgroups } of steps) {
            pass.setPipeline(pipeline);
            pass.setBindGroup(0, groups[nextCopy % groups.length]);
            pass.dispatchWorkgroups(...workgroups);
          }
          nextCopy = (nextCopy + 1) % copies;
        }
      },
      read: async () => {
        const read: Record<string, Float64Array> = {};
        for (const spec of run.buffers) {
          if (!written.has(spec.name)) continue;
          const { buffer } = await readBack(device, copiesOf(spec.name)[0], 0, paddedBytes(spec));
          read[spec.name] = decodeValues(spec, buffer);
        }
        return read;
      },
    };
  } catch (error) {
    destroy();
    throw error;
  }
};

const bytesPerElement = (type: BufferSpec["type"]): number => (type === "f16" ? 2 : 4);

/** Bytes that a buffer takes on the device: whole vec4s. */
export const paddedBytes = ({ type, length }: BufferSpec): number => Math.ceil((length * bytesPerElement(type)) / 16) * 16;

const checkLimits = (limits: GPUSupportedLimits, run: KernelRun): void => {
  const mostBytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  for (const spec of run.buffers) {
    if (paddedBytes(spec) > mostBytes) throw new LimitExceeded(`buffer ${spec.name}`, "bytes", paddedBytes(spec), mostBytes);
  }
  const mostWorkgroups = limits.maxComputeWorkgroupsPerDimension;
  for (const { label, workgroups } of run.dispatches) {
    const most = Math.max(...workgroups);
    if (most > mostWorkgroups) throw new LimitExceeded(`dispatch ${label}`, "workgroups in one dimension", most, mostWorkgroups);
  }
};

/** Values as bytes of the buffer's type, a multiple of 4 bytes as `writeBuffer` asks. */
const encodeValues = (
  { type }: BufferSpec,
  values: Float64Array,
): Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> => {
  switch (type) {
    case "f32":
      return Float32Array.from(values);
    case "f16": {
      const halves = new Uint16Array(Math.ceil(values.length / 2) * 2);
      values.forEach((value, i) => (halves[i] = toHalf(value)));
      return halves;
    }
    case "u32":
      return Uint32Array.from(values);
    default:
      return type satisfies never;
  }
};

/** Bytes of a buffer as numbers. */
const decodeValues = ({ type, length }: BufferSpec, bytes: ArrayBuffer): Float64Array => {
  switch (type) {
    case "f32":
      return Float64Array.from(new Float32Array(bytes, 0, length));
    case "f16":
      return Float64Array.from(new Uint16Array(bytes, 0, length), fromHalf);
    case "u32":
      return Float64Array.from(new Uint32Array(bytes, 0, length));
    default:
      return type satisfies never;
  }
};
