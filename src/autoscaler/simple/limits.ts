import type { Decision } from "../autoscaler.ts";

export interface Limits {
  readonly min_replicas: number;
  readonly max_replicas: number;
}

/** A wish within its limits, in words where they bind; null where it changes nothing. */
export const within = (
  wish: number,
  current: number,
  because: string,
  { min_replicas: min, max_replicas: max }: Limits,
): Decision | null => {
  const replicas = Math.min(Math.max(wish, min), max);
  if (replicas === current) return null;
  const limit = replicas === wish ? "" : replicas === min ? `, min_replicas ${min}` : `, max_replicas ${max}`;
  return { replicas, because: because + limit };
};
