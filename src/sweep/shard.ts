/** One of several machines that share a sweep: `3/8` is the third of eight. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

/**
 * Whether a run is a shard's. Its address decides, so that every run is exactly one shard's, whatever else the sweep holds.
 *
 * @param address SHA-256 in hexadecimal
 */
export const isInShard = (address: string, { index, of }: Shard): boolean => Number.parseInt(address.slice(0, 12), 16) % of === index - 1;
