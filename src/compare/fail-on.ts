import { InputError } from "../errors.ts";
import type { Comparison, Row } from "./schema.ts";

/** What makes a comparison fail: a row that is SLOWER, its whole interval beyond this relative change. */
export interface FailOn {
  readonly slower: number;
}

/** A row that failed, and of which device. */
export interface FailedRow extends Row {
  readonly other: string;
}

const NEXT_STEP = "Write it so: slower=5%.";

/**
 * Reads what is to fail, as people write it: `slower=5%`, `slower=0%` for every row that is SLOWER.
 *
 * @param place where the text stands, for messages: `--fail-on`
 * @throws InputError for anything else
 */
export const parseFailOn = (text: string, place: string): FailOn => {
  const percent = /^\s*slower\s*=\s*(\d+(?:\.\d+)?)\s*%\s*$/u.exec(text)?.[1];
  if (percent === undefined) throw new InputError(place, `expected slower=<percent>%, got ${JSON.stringify(text)}`, NEXT_STEP);
  return { slower: Number(percent) / 100 };
};

/** Rows of every pair that fail, the worst first. A row that is UNSURE never does: raise the number of samples, not the alarm. */
export const failedRows = ({ pairs }: Comparison, { slower }: FailOn): FailedRow[] =>
  pairs
    .flatMap(({ other, rows }) => rows.map((row): FailedRow => ({ ...row, other })))
    .filter(({ verdict, ratio }) => verdict === "SLOWER" && ratio !== null && ratio.low > 1 + slower)
    .sort((a, b) => (b.ratio?.low ?? 0) - (a.ratio?.low ?? 0));
