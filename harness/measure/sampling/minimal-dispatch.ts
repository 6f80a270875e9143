import type { Encodable } from "./encodable.ts";

const addWgsl = (step: number): string => `
@group(0) @binding(0) var<storage, read_write> counter: u32;
@compute @workgroup_size(1)
fn main() { counter += ${step}u; }`;

export interface MinimalDispatch extends Encodable {
  /** As a model's kernels follow each other: each dispatch with another pipeline and another bind group than the one before. */
  readonly switched: Encodable;
  destroy(): void;
}

/**
 * The smallest dispatch that does something: one thread adds to one number. Each depends on the one before, as the kernels of
 * a layer do.
 */
export const minimalDispatch = async (device: GPUDevice): Promise<MinimalDispatch> => {
  const counter = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE });
  const adding = async (step: number) => {
    const pipeline = await device.createComputePipelineAsync({
      layout: "auto",
      compute: { module: device.createShaderModule({ code: addWgsl(step) }), entryPoint: "main" },
    });
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: counter } }],
    });
    return { pipeline, group };
  };
  const [one, two] = await Promise.all([adding(1), adding(2)]);
  return {
    encode: (pass, times) => {
      pass.setPipeline(one.pipeline);
      pass.setBindGroup(0, one.group);
      for (let i = 0; i < times; i++) pass.dispatchWorkgroups(1);
    },
    switched: {
      encode: (pass, times) => {
        for (let i = 0; i < times; i++) {
          const { pipeline, group } = i % 2 === 0 ? one : two;
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(1);
        }
      },
    },
    destroy: () => counter.destroy(),
  };
};
