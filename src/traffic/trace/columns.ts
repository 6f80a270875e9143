import { InputError } from "../../errors.ts";
import { atLine, REPAIR } from "./line-error.ts";

/** One record of a CSV file and the line it ends on, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Where a header has columns.
 *
 * @returns in the order of the names; −1 for an optional one that is not there
 * @throws InputError where one that is required is missing
 */
export const findColumns = (
  header: CsvRecord,
  place: string,
  required: readonly string[],
  optional: readonly string[],
  nextStep: string,
): number[] => {
  const names = header.fields.map((field) => field.trim());
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new InputError(
      atLine(place, header.line),
      `expected the columns ${required.join(", ")}, found no ${missing.join(", no ")}`,
      nextStep,
    );
  }
  return [...required, ...optional].map((name) => names.indexOf(name));
};

/** @throws InputError where a record ends before its last column */
export const checkColumns = ({ line, fields }: CsvRecord, columns: number, place: string): void => {
  if (fields.length >= columns) return;
  throw new InputError(atLine(place, line), `expected at least ${columns} columns, got ${fields.length}`, REPAIR);
};
