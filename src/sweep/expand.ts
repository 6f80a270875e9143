import { InputError } from "../errors.ts";
import { canonicalJson } from "../json.ts";
import type { Sweep } from "./schema.ts";
import { withField } from "./field.ts";

/** One choice of all that varies. */
export interface Combination {
  /** By axis, in the sweep's order: the value of a field, or the name of a variant. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `traffic.requests_per_s 5, fleet spot`; empty where nothing varies. */
  readonly name: string;
  /** The scenario's fields, as if the user had written them so. */
  readonly fields: Record<string, unknown>;
}

/** A million runs are a thousand hours on one core: more is a slip. */
const MOST_RUNS = 1_000_000;

/**
 * All combinations of what varies, the last axis fastest.
 *
 * A path that leads into what another one sets is set behind it, so that a variant may choose a whole policy and another axis one field of it.
 *
 * @param base the scenario's fields
 * @param place the sweep's file, for messages
 * @throws InputError where a path leads nowhere, or there are too many
 */
export const expandSweep = ({ vary, seeds }: Sweep, base: Record<string, unknown>, place: string): Combination[] => {
  const axes = Object.entries(vary).map(([axis, values]) => optionsOf(axis, values));
  const runs = axes.reduce((product, options) => product * options.length, Array.isArray(seeds) ? seeds.length : seeds);
  if (runs > MOST_RUNS) throw new InputError(place, `expected at most ${MOST_RUNS} runs, got ${runs}`, "Vary less at once.");
  const chosen = axes.reduce<Option[][]>((all, options) => all.flatMap((before) => options.map((option) => [...before, option])), [[]]);
  return chosen.map((options) => ({
    values: Object.fromEntries(options.map(({ axis, value }) => [axis, value])),
    name: options.map(({ axis, value }) => `${axis} ${valueText(value)}`).join(", "),
    fields: options
      .flatMap(({ sets }) => sets)
      .toSorted(([a], [b]) => a.split(".").length - b.split(".").length)
      .reduce<unknown>((fields, [path, value]) => withField(fields, path, value, `${place}: vary: ${path}`), base) as Record<
      string,
      unknown
    >,
  }));
};

/** The seeds of a sweep; a count begins at the scenario's own. */
export const seedsOf = ({ seeds }: Sweep, own: number): readonly number[] =>
  Array.isArray(seeds) ? seeds : Array.from({ length: seeds }, (_, i) => own + i);

/** A value as tables and names show it. */
export const valueText = (value: unknown): string => (typeof value === "string" ? value : canonicalJson(value));

interface Option {
  readonly axis: string;
  readonly value: unknown;
  readonly sets: readonly (readonly [path: string, value: unknown])[];
}

const optionsOf = (axis: string, values: Sweep["vary"][string]): Option[] =>
  Array.isArray(values)
    ? values.map((value) => ({ axis, value, sets: [[axis, value]] }))
    : Object.entries(values).map(([name, fields]) => ({ axis, value: name, sets: Object.entries(fields) }));
