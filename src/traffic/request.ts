import type { Nanoseconds, Tokens } from "../units.ts";

/** Tokens of a prompt that have a name: prompts that begin with the same parts, in the same order, begin with the same tokens. */
export interface PromptPart {
  /** A whole number of 0 or more. A part that is cut short shares its beginning with the longer one of the same id. */
  readonly id: number;
  /** 1 or more. */
  readonly tokens: Tokens;
}

/** What is asked of the engine. */
export interface Work {
  readonly promptTokens: Tokens;
  /** Tokens the model will produce: known to the simulator, not to the scheduler. */
  readonly outputTokens: Tokens;
  /** vLLM's: lower is served first. 0 where it is left out. */
  readonly priority?: number;
  /**
   * The beginning of the prompt, for prefix caching; at most `promptTokens` in sum. What it leaves over, and the whole prompt where it
   * is left out, are tokens that no other request has.
   */
  readonly parts?: readonly PromptPart[];
  /** The name of the tokens produced, where prompts to come have them as a part. */
  readonly outputId?: number;
  /** The number of the session that it belongs to, for routing; its own where it is left out. */
  readonly session?: number;
  /** The session's next request; it depends on when this one ends. */
  readonly next?: FollowUp;
}

/** One logical request as it reaches the fleet. Ids count from 0 in order of arrival. */
export interface Request extends Work {
  readonly id: number;
  readonly arrivedAt: Nanoseconds;
}

/** A session's later request: it is sent when the one before it has finished and its user, or its tool, has taken their time. */
export interface FollowUp extends Work {
  /** From the last token of the request before it; at least a nanosecond. */
  readonly thinkTime: Nanoseconds;
}
