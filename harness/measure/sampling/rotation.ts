import type { KernelRun } from "../../../kernels/kernel.ts";
import type { Bytes } from "../../../src/units.ts";
import { paddedBytes } from "../run-kernel.ts";

/** More would cost more in buffers and bind groups than they save in flushes. */
const MOST_COPIES = 1024;

/** Copies of a run's weights and KV cache among which cold runs rotate. */
export interface Rotation {
  readonly copies: number;
  /** Of all copies together. */
  readonly bytes: Bytes;
  /**
   * Whether the copies together exceed the cache, so that each is gone from it by the time its turn comes again. Where they do not, the
   * cache has to be flushed before each sample, and a sample may use each copy once.
   */
  readonly exceedsCache: boolean;
}

/**
 * As few copies as exceed the cache, and at least two: a single one, however large, leaves part of itself behind where the cache does
 * not evict what is oldest.
 *
 * @param cache bytes that are surely more than the last-level cache holds
 * @returns null where the run has neither weights nor a KV cache
 */
export const rotationOrNull = (run: KernelRun, cache: Bytes): Rotation | null => {
  const held = run.buffers.filter(({ holds }) => holds !== undefined).reduce((sum, spec) => sum + paddedBytes(spec), 0);
  return held === 0 ? null : rotationOf(held, Math.min(Math.max(2, Math.ceil(cache / held)), MOST_COPIES), cache);
};

/** The same without a second copy: where there is no room for one. */
export const withoutCopies = ({ bytes, copies }: Rotation): Rotation => ({ copies: 1, bytes: bytes / copies, exceedsCache: false });

const rotationOf = (held: Bytes, copies: number, cache: Bytes): Rotation => ({
  copies,
  bytes: copies * held,
  exceedsCache: copies * held >= cache,
});
