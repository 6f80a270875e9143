import type { Nanoseconds, Tokens } from "../units.ts";

/** One logical request as it reaches the fleet. Ids count from 0 in order of arrival. */
export interface Request {
  readonly id: number;
  readonly arrivedAt: Nanoseconds;
  readonly promptTokens: Tokens;
  /** Tokens the model will produce: known to the simulator, not to the scheduler. */
  readonly outputTokens: Tokens;
}
