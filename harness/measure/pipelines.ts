import type { Dispatch } from "../../kernels/kernel.ts";
import { ValidationFailed } from "./gpu-errors.ts";

/** A compiled dispatch and the layout its bind groups have. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/**
 * Compiles a dispatch's kernel, from nothing as far as this program is concerned.
 *
 * @throws ValidationFailed with the compiler's messages
 */
export const compile = async (device: GPUDevice, dispatch: Dispatch): Promise<Compiled> => {
  const layouts = layoutsFor(device, dispatch);
  // The scope keeps the module's errors from the device's own listener: they are thrown below.
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: dispatch.label, code: dispatch.wgsl });
  const moduleError = device.popErrorScope();
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: dispatch.label,
      layout: layouts.ofPipeline,
      compute: { module, entryPoint: dispatch.entryPoint },
    });
    return { pipeline, layout: layouts.ofGroup };
  } catch (error) {
    const { messages } = await module.getCompilationInfo();
    const errors = messages.filter(({ type }) => type === "error").map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
    const cause = error instanceof Error ? error.message : String(error);
    throw new ValidationFailed(`${dispatch.label}: ${errors.length > 0 ? errors.join("; ") : cause}`, { cause: error });
  } finally {
    await moduleError;
  }
};

const cached = new WeakMap<GPUDevice, Map<string, Promise<Compiled>>>();

/** As `compile`, but once for each device and kernel. */
export const pipelineFor = (device: GPUDevice, dispatch: Dispatch): Promise<Compiled> => {
  const pipelines = cached.get(device) ?? new Map<string, Promise<Compiled>>();
  cached.set(device, pipelines);
  const key = [dispatch.entryPoint, layoutKey(dispatch), dispatch.wgsl].join("\n");
  const found = pipelines.get(key) ?? compile(device, dispatch);
  pipelines.set(key, found);
  return found;
};

const layoutKey = ({ params, bindings }: Dispatch): string =>
  [...(params === undefined ? [] : ["uniform"]), ...bindings.map(({ access }) => access)].join(",");

/** Explicit, so that equal kernels share one pipeline: each `layout: "auto"` is unique. */
const layoutsFor = (device: GPUDevice, dispatch: Dispatch): { ofGroup: GPUBindGroupLayout; ofPipeline: GPUPipelineLayout } => {
  const types: GPUBufferBindingType[] = [
    ...(dispatch.params === undefined ? [] : ["uniform" as const]),
    ...dispatch.bindings.map(({ access }) => (access === "read" ? ("read-only-storage" as const) : ("storage" as const))),
  ];
  const ofGroup = device.createBindGroupLayout({
    label: dispatch.label,
    entries: types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } })),
  });
  return { ofGroup, ofPipeline: device.createPipelineLayout({ label: dispatch.label, bindGroupLayouts: [ofGroup] }) };
};
