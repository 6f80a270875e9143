/** Work for the GPU that can be put into a compute pass as often as wanted, each run after the one before. */
export interface Encodable {
  encode(pass: GPUComputePassEncoder, times: number): void;
}

/** One command buffer of one pass with these runs in it. */
export const commandsOf = (device: GPUDevice, work: Encodable, times: number): GPUCommandBuffer => {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  work.encode(pass, times);
  pass.end();
  return encoder.finish();
};
