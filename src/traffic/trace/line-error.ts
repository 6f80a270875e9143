import { InputError } from "../../errors.ts";
import type { Nanoseconds, Tokens } from "../../units.ts";

/** A request as a trace's line gives it, before ids. */
export interface TimedRequest {
  readonly line: number;
  /** Since the trace's first request. */
  readonly at: Nanoseconds;
  /** The time as the file writes it, for messages. */
  readonly stamp: string;
  readonly promptTokens: Tokens;
  readonly outputTokens: Tokens;
}

export const atLine = (place: string, line: number): string => `${place}: line ${line}`;

export const REPAIR = "Repair the line, or take it out.";

/**
 * A number of tokens, as it is where it is whole and at least 1.
 *
 * @param text what the line says, for the message
 */
export const wholeTokens = (value: unknown, text: string, name: string, where: string): Tokens => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InputError(where, `expected ${name} to be a whole number of tokens, at least 1, got ${text === "" ? "nothing" : text}`, REPAIR);
};
