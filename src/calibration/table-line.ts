import { InputError } from "../errors.ts";

/** One line of a table's file: where it is, and its fields by the names of the header. */
export interface TableLine {
  /** As messages call it: `dense.csv: line 7`. */
  readonly place: string;
  readonly fields: Readonly<Record<string, string>>;
}

export const NEXT_STEP = "Profile this point again, or take its line and all others of its size out.";
export const MICROSECONDS = 1e-6;

/** A point that a complete table would have. */
export const hole = (file: string, what: string): InputError =>
  new InputError(file, `has a hole: expected a time for ${what}, got none`, NEXT_STEP);

export const twice = ({ place }: TableLine, what: string): InputError =>
  new InputError(place, `expected one time for ${what}, got a second`, "Leave one of them out.");

/** A whole number of 0 or more. */
export const wholeField = ({ place, fields }: TableLine, name: string): number => {
  const text = fields[name] ?? "";
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InputError(`${place}: ${name}`, `expected a whole number, 0 or above, got ${JSON.stringify(text)}`, NEXT_STEP);
};

/** Seconds of the field `time_us`. */
export const timeField = ({ place, fields }: TableLine): number => {
  const text = fields["time_us"] ?? "";
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value * MICROSECONDS;
  throw new InputError(`${place}: time_us`, `expected microseconds above 0, got ${JSON.stringify(text)}`, NEXT_STEP);
};
