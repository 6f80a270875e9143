/**
 * The chance that a generator draws from. `createStreams` of `sim/` gives it: traffic stands before the simulator, so it asks for no
 * more than these.
 */
export interface RandomStream {
  /** In [0, 1). */
  uniform(): number;
  exponential(mean: number): number;
  /** e to a normal of mean `mu` and standard deviation `sigma`. */
  logNormal(mu: number, sigma: number): number;
  /** Mean shape·scale, variance shape·scale². */
  gamma(shape: number, scale: number): number;
}

export interface RandomStreams {
  /** The stream of one use and entity, `lengths/request-17/prompt`, from its beginning. */
  named(name: string): RandomStream;
}
