import { digitsApart, durationOrNever, durationTo, limit, objectiveName, plain, significant } from "../format.ts";
import type { Run } from "../fleet/run.ts";
import type { Candidate, ObjectiveResult } from "../plan/schema.ts";
import type { Prices } from "../scenario/prices.ts";

/** An objective's limit, its value and its interval, as people read them. */

const NAMES: Readonly<Record<string, string>> = {
  goodput: "goodput",
  rejected: "rejected",
  "scale-events": "scale events/h",
  "gpu-hours": "GPUs on average",
  cost: "cost/h",
};

/** `TTFT p99`, `TTFT p99 of priority 1`, `goodput`, `scale events/h`. */
export const nameOf = ({ objective }: ObjectiveResult): string => {
  const [, key = "", scope = ""] = /^([a-z\d.-]+)(?:\[(.+)\])?[<>]=/u.exec(objective) ?? [];
  const name = NAMES[key] ?? objectiveName(`${key}<=`);
  return scope === "" ? name : `${name} of ${scope === "others" ? "other priorities" : scope.replace("=", " ")}`;
};

/** `≤ 2 s`, `≥ 99 %`. */
export const limitOf = ({ objective, unit, limit: most }: ObjectiveResult): string => {
  const sign = objective.includes(">=") ? "≥" : "≤";
  switch (unit) {
    case "s":
      return `${sign} ${limit(most)}`;
    case "share":
      return `${sign} ${plain(100 * most)} %`;
    default:
      return `${sign} ${plain(most)}`;
  }
};

/** The value over all replications; where it does not hold its limit, with as many digits as tell them apart. */
export const valueOf = (result: ObjectiveResult): string => {
  const { value, verdict, unit, limit: most } = result;
  if (value === null || verdict === "meets" || value === most) return inUnit(result, value);
  const digits = digitsApart(value, most);
  if (digits === 3) return inUnit(result, value);
  return unit === "s" ? durationTo(value, digits) : unit === "share" ? `${plain(100 * value, digits)} %` : significant(value, digits);
};

/** `1.2–1.9 s` at 95 %; null where one replication says nothing of it. */
export const intervalOrNull = (result: ObjectiveResult): string | null =>
  result.interval === null ? null : `${inUnit(result, result.interval.low)} to ${inUnit(result, result.interval.high)}`;

const inUnit = ({ unit }: ObjectiveResult, value: number | null): string => {
  switch (unit) {
    case "s":
      return durationOrNever(value);
    case "share":
      return value === null ? "" : `${plain(100 * value, 4)} %`;
    default:
      return value === null ? "" : significant(value);
  }
};

/** After a value that does not hold its limit, so that it does not stand out by a colour alone. */
export const MARKS = { meets: "", misses: " !", undecided: " ?" } as const;

/** What a run costs: `Cost: 12.3 USD, 24.6 an hour`. */
export const costSentence = (cost: number, { ended_at_s: ended }: Run, { currency }: Prices): string =>
  `Cost: ${significant(cost)} ${currency}, ${significant((3600 * cost) / ended)} an hour`;

/** A candidate's cost beside its GPU-hours: what the run costs, and an hour of it; nothing where there are no prices. */
export const costCells = ({ cost }: Candidate): string[] =>
  cost === undefined ? [] : [`${significant(cost.total)} (${significant(cost.per_hour)}/h)`];
