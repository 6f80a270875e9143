import { InputError } from "../../errors.ts";
import type { ClassObjectives, Objectives } from "../../scenario/objectives.ts";
import { LATENCY_KEYS } from "./objectives.ts";

/** How an objective is written: its key in the data, and how its number is read. */
interface Term {
  readonly key: Exclude<keyof Objectives, "classes">;
  readonly comparison: "<=" | ">=" | "=";
  /** Null where it is no such number. */
  readonly read: (text: string) => number | null;
  readonly example: string;
  /** Whether it can be on the requests of one priority only. */
  readonly isByClass?: true;
}

const seconds = (text: string): number | null => {
  const [, number, unit] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)$/u.exec(text) ?? [];
  const value = Number(number) * { ms: 0.001, s: 1, m: 60, h: 3600 }[(unit ?? "s") as "ms"];
  return unit !== undefined && value > 0 ? (unit === "ms" ? Number(number) / 1000 : value) : null;
};
const share = (text: string): number | null => {
  const [, number, sign] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/u.exec(text) ?? [];
  // 99.9 / 100 is not 0.999.
  const value = Number(`${number}${sign === "%" ? "e-2" : ""}`);
  return number !== undefined && value <= 1 ? value : null;
};
const perHour = (text: string): number | null => {
  const [, number] = /^(\d+(?:\.\d+)?|\.\d+)\/h$/u.exec(text) ?? [];
  return number === undefined ? null : Number(number);
};
/** Nothing runs for nothing. */
const moreThanNonePerHour = (text: string): number | null => perHour(text) || null;
const whole = (text: string): number | null => (/^\d+$/u.test(text) ? Number(text) : null);

const TERMS: ReadonlyMap<string, Term> = new Map<string, Term>([
  ...LATENCY_KEYS.map(({ key, metric, percentile }): [string, Term] => [
    `${metric}.${percentile}`,
    { key, comparison: "<=", read: seconds, example: `${metric}.${percentile}<=2s`, isByClass: true },
  ]),
  ["goodput", { key: "goodput", comparison: ">=", read: share, example: "goodput>=99%", isByClass: true }],
  ["rejected", { key: "rejected", comparison: "<=", read: share, example: "rejected<=0.1%", isByClass: true }],
  ["scale-events", { key: "scale_events_per_h", comparison: "<=", read: perHour, example: "scale-events<=2/h" }],
  ["gpu-hours", { key: "gpu_hours_per_h", comparison: "<=", read: moreThanNonePerHour, example: "gpu-hours<=40/h" }],
  ["cost", { key: "cost_per_h", comparison: "<=", read: moreThanNonePerHour, example: "cost<=100/h" }],
  ["window", { key: "window_s", comparison: "=", read: seconds, example: "window=10m" }],
  ["survive", { key: "survive", comparison: "=", read: whole, example: "survive=1" }],
]);

/** A term taken apart: `ttft.p99`, `1` of `[priority=1]` or `[others]`, `<=`, `2s`. */
const TERM = /^([a-z0-9.-]+)(?:\[priority=(-?\d+(?:\.\d+)?)\]|(\[others\]))?(<=|>=|<|>|=)(.+)$/u;

/**
 * Reads objectives as people write them: `ttft.p99<=2s ttft.p99[priority=1]<=30s scale-events<=2/h`, separated by spaces or commas. An
 * objective of one priority takes its requests out of those for all on the same; `[others]` says so and changes nothing.
 *
 * @returns those that the text names
 * @param place where the text stands, for messages: `--slo`
 * @throws InputError for anything else
 */
export const parseObjectives = (text: string, place: string): Partial<Objectives> => {
  const all: Partial<Record<Term["key"], number>> = {};
  const classes = new Map<number, Partial<Record<Term["key"], number>>>();
  const terms = text
    .replaceAll(/\s*(<=|>=|<|>|=)\s*/gu, "$1")
    .split(/[\s,]+/u)
    .filter((term) => term !== "");
  if (terms.length === 0) throw new InputError(place, `expected objectives, got ${JSON.stringify(text)}`, NEXT_STEP);
  for (const written of terms) {
    const [, name = "", priority, others, comparison, number = ""] = TERM.exec(written) ?? [];
    const term = TERMS.get(name);
    if (term === undefined)
      throw new InputError(place, `expected one of ${[...TERMS.keys()].join(", ")}, got ${JSON.stringify(written)}`, NEXT_STEP);
    if (comparison !== term.comparison) {
      throw new InputError(place, `expected ${name}${term.comparison}…, got ${JSON.stringify(written)}`, `Write it so: ${term.example}.`);
    }
    const value = term.read(number);
    if (value === null) {
      const rule = Number.parseFloat(number) === 0 ? "more than 0" : "a number with its unit";
      throw new InputError(place, `expected ${rule}, got ${JSON.stringify(written)}`, `Write it so: ${term.example}.`);
    }
    if ((priority ?? others) !== undefined && term.isByClass !== true)
      throw new InputError(place, `expected ${name} of all requests, got ${JSON.stringify(written)}`, `Write it so: ${term.example}.`);
    const into = priority === undefined ? all : (classes.get(Number(priority)) ?? {});
    if (priority !== undefined) classes.set(Number(priority), into);
    if (into[term.key] !== undefined) throw new InputError(place, `expected ${name} once, got it twice`, "Keep one of them.");
    into[term.key] = value;
  }
  const ofClasses = [...classes].map(([priority, objectives]): ClassObjectives => ({ priority, ...objectives }));
  return ofClasses.length === 0 ? all : { ...all, classes: ofClasses };
};

const NEXT_STEP = 'Write them so: "ttft.p99<=2s tpot.p99<=80ms scale-events<=2/h".';
