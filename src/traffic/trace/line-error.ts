import { InputError, shown } from "../../errors.ts";
import type { Nanoseconds, Tokens } from "../../units.ts";
import type { Work } from "../request.ts";

/** Things as they come off a file: many at once, since waiting for each would take longer than reading it. */
export type Batches<T> = AsyncIterable<readonly T[]>;

/** A request as a trace's line gives it, before ids. */
export interface TimedRequest {
  readonly line: number;
  /** Since the trace's first request. */
  readonly at: Nanoseconds;
  /** The time as the file writes it, for messages. */
  readonly stamp: string;
  readonly work: Work;
}

export const atLine = (place: string, line: number): string => `${place}: line ${line}`;

export const REPAIR = "Repair the line, or take it out.";

/** A value as a message shows it. */
export const show = (value: unknown): string => {
  const text = value === undefined || value === "" ? "nothing" : shown(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
};

/**
 * A number of tokens, as it is where it is whole and at least 1.
 *
 * @param text what the line says, for the message
 * @param where gives the place, for the message
 */
export const wholeTokens = (value: unknown, text: string, name: string, where: () => string, nextStep = REPAIR): Tokens => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InputError(
    where(),
    `expected ${name} to be a whole number of tokens, at least 1, got ${text === "" ? "nothing" : text}`,
    nextStep,
  );
};

/** A line's JSON object. */
export const parseObject = (text: string, expected: string, where: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const found = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new InputError(where, `expected a JSON object with ${expected}, got ${found}`, REPAIR);
};
