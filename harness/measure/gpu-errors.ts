/** The device had no memory left. */
export class OutOfMemory extends Error {
  override readonly name = "OutOfMemory";
}

/** The browser refused what was asked of WebGPU: a fault of the kernel or of the harness, never of the user. */
export class ValidationFailed extends Error {
  override readonly name = "ValidationFailed";
}

/** Something is larger than this device allows; another shape may fit. */
export class LimitExceeded extends Error {
  override readonly name = "LimitExceeded";

  constructor(
    readonly what: string,
    readonly unit: string,
    readonly needed: number,
    readonly limit: number,
  ) {
    super(`${what} needs ${needed} ${unit}, and this device allows ${limit}`);
  }
}

/**
 * Runs work between error scopes and throws what they caught, so that WebGPU's errors arrive where they were caused.
 *
 * The work itself is synchronous: scopes are a stack of the device, and work that waits would catch other callers' errors.
 *
 * @throws OutOfMemory, ValidationFailed
 */
export const guarded = async <T>(device: GPUDevice, work: () => T): Promise<T> => {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  let result: T | undefined;
  let thrown: unknown;
  try {
    result = work();
  } catch (error) {
    thrown = error;
  }
  const [validation, memory] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  // A buffer that found no memory makes every later use of it invalid, so memory is the cause.
  if (memory !== null) throw new OutOfMemory(memory.message);
  if (validation !== null) throw new ValidationFailed(validation.message);
  if (thrown !== undefined) throw thrown;
  return result as T;
};
