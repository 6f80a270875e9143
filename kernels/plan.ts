import type { BufferSpec, Dispatch } from "./kernel.ts";

/**
 * A variant's dispatches over buffers that the caller names. A variant's own `run` and the decoder layer are made of the same
 * plans, so what is composed is what was measured alone.
 */
export interface Plan {
  readonly dispatches: readonly Dispatch[];
  /** Buffers the dispatches need besides those the caller named. */
  readonly scratch: readonly BufferSpec[];
}
