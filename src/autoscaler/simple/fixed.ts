import type { Autoscaler } from "../autoscaler.ts";

/** Always the same number of replicas; one that is lost is replaced. */
export const createFixed = (replicas: number): Autoscaler => ({
  period: 15,
  decide: ({ current }) => (current === replicas ? null : { replicas, because: `fixed at ${replicas}` }),
});
