import type { Nanoseconds } from "../units.ts";

/** A change of the number of replicas wanted. */
export interface Scaling {
  readonly at: Nanoseconds;
  readonly from: number;
  readonly to: number;
  readonly because: string;
}
