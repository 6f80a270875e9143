import type { Encodable } from "./encodable.ts";

const WGSL = `
@group(0) @binding(0) var<storage, read_write> counter: u32;
@compute @workgroup_size(1)
fn main() { counter += 1u; }`;

export interface MinimalDispatch extends Encodable {
  destroy(): void;
}

/**
 * The smallest dispatch that does something: one thread adds 1 to one number. Each depends on the one before, as the kernels of
 * a layer do.
 */
export const minimalDispatch = async (device: GPUDevice): Promise<MinimalDispatch> => {
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: { module: device.createShaderModule({ code: WGSL }), entryPoint: "main" },
  });
  const counter = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: counter } }],
  });
  return {
    encode: (pass, times) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < times; i++) pass.dispatchWorkgroups(1);
    },
    destroy: () => counter.destroy(),
  };
};
