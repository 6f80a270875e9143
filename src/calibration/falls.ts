import { InputError } from "../errors.ts";
import { groupBy } from "../stats/group-by.ts";
import type { AttentionRows, Table } from "./step-curve.ts";
import { MICROSECONDS, NEXT_STEP } from "./table-line.ts";

/** Times that fall by less from one point to the next are noise, or another kernel's choice; by more they are counted in a note. */
const FALL_NOTED = 0.05;
/** A whole table whose time falls to less than this share is no measurement of more work. */
const FALL_REFUSED = 0.5;

/** @throws InputError where a time falls to less than half of the one before */
export const refuseFall = (file: string, where: string, before: number, after: number): void => {
  if (after >= before * FALL_REFUSED) return;
  throw new InputError(
    `${file}: ${where}`,
    `expected no time that falls by more than half as work grows, got ${micro(before)} then ${micro(after)} µs`,
    NEXT_STEP,
  );
};

const micro = (seconds: number): string => (seconds / MICROSECONDS).toPrecision(4);

/** Where a table falls by more than noise: a note, or none. */
export const fallNotes = (what: string, { at, seconds }: Table): string[] =>
  noteOf(
    what,
    at.slice(1).map((size, i) => ({ where: `${at[i]} to ${size}`, before: seconds[i]!, after: seconds[i + 1]! })),
  );

interface Neighbours {
  readonly where: string;
  readonly before: number;
  readonly after: number;
}

const noteOf = (what: string, pairs: readonly Neighbours[]): string[] => {
  const falling = pairs.filter(({ before, after }) => after < before * (1 - FALL_NOTED));
  if (falling.length === 0) return [];
  const worst = falling.reduce((most, pair) => (pair.after / pair.before < most.after / most.before ? pair : most));
  const fall = (share: number): string => `${(100 * share).toFixed(0)} %`;
  return [
    `Times fall by more than ${fall(FALL_NOTED)} although work grows at ${falling.length} of ${pairs.length} pairs of neighbours in ${what}, most by ${fall(1 - worst.after / worst.before)} (${worst.where}): taken as measured.`,
  ];
};

/** Along context and along cached keys; from no chunk to a chunk another kernel runs, so that a fall there says nothing. */
export const attentionFallNotes = ({ chunk, cached, sequences, context, seconds }: AttentionRows): string[] => {
  const indices = [...seconds.keys()];
  const along = (axis: readonly number[], keyOf: (i: number) => string, name: string): Neighbours[] =>
    [...groupBy(indices, keyOf).values()].flatMap((group) => {
      const line = group.toSorted((a, b) => axis[a]! - axis[b]!);
      return line.slice(1).map((i, before) => ({
        where: `chunk ${chunk[i]}, ${sequences[i]} decoding, ${name} ${axis[line[before]!]} to ${axis[i]}`,
        before: seconds[line[before]!]!,
        after: seconds[i]!,
      }));
    });
  return noteOf("attention", [
    ...along(context, (i) => `${chunk[i]} ${cached[i]} ${sequences[i]}`, "context"),
    ...along(cached, (i) => `${chunk[i]} ${sequences[i]} ${context[i]}`, "cached"),
  ]);
};
