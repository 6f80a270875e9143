/** Work for the GPU that can be put into a compute pass as often as wanted, each run after the one before. */
export interface Encodable {
  encode(pass: GPUComputePassEncoder, times: number): void;
}

/** Work that is timed, and what keeps its runs in the state of the caches that they are named after. */
export interface TimedWork extends Encodable {
  /**
   * What comes before a run of it where it is used. A kernel follows other kernels, which push its code and its working memory out of the
   * innermost caches; a whole step follows a step.
   */
  readonly follows: "others" | "itself";
  /** Encoded before the samples of one submit and not timed, where a run is so short that it would be felt in them. */
  readonly beforeSubmit?: (encoder: GPUCommandEncoder) => void;
  /** Encoded before each sample and not timed; the sample waits for it. */
  readonly beforeSample?: (encoder: GPUCommandEncoder) => void;
  /** Runs that one sample may hold: more would find warm what is to be cold. */
  readonly mostRuns: number;
}

/** One command buffer of one pass with these runs in it. */
export const commandsOf = (device: GPUDevice, work: Encodable, times: number): GPUCommandBuffer => {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  work.encode(pass, times);
  pass.end();
  return encoder.finish();
};
