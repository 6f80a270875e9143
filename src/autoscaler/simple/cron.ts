import { InputError } from "../../errors.ts";
import type { Seconds } from "../../units.ts";
import { civilDate, SECONDS_PER_DAY } from "./calendar.ts";

/** A time that recurs, as cron writes it: minute, hour, day of the month, month, day of the week. */
export interface CronTime {
  readonly text: string;
  /** What local time is ahead of UTC by; daylight saving is not known. */
  readonly utcOffset: Seconds;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  /** Days of the month and of the week are both limited: one of them is enough. */
  readonly isEitherDay: boolean;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

interface Field {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}
const FIELDS: readonly Field[] = [
  { what: "minutes", from: 0, to: 59 },
  { what: "hours", from: 0, to: 23 },
  { what: "days of the month", from: 1, to: 31 },
  { what: "months", from: 1, to: 12, names: MONTHS },
  { what: "days of the week", from: 0, to: 7, names: WEEKDAYS },
];

/** A day that exists is found within a leap day's longest absence. */
const LONGEST_SEARCH_DAYS = 366 * 8;

/**
 * Reads five fields of numbers, names, ranges (1-5), lists (0,30) and steps (*\/15).
 *
 * @param place where it stands, for messages
 * @throws InputError where a field is none of these, or no day ever fits
 */
export const parseCron = (text: string, place: string, utcOffset: Seconds = 0): CronTime => {
  const parts = text.trim().split(/\s+/u);
  if (parts.length !== FIELDS.length) {
    throw new InputError(
      place,
      `expected five fields (minute, hour, day of the month, month, day of the week), got ${JSON.stringify(text)}`,
      "Monday to Friday at 8:00 is 0 8 * * 1-5.",
    );
  }
  const [minutes, hours, daysOfMonth, months, weekdays] = FIELDS.map((field, i) => parseField(parts[i] ?? "", field, place));
  const isAny = (part: string | undefined): boolean => part === "*" || part === "?";
  const time: CronTime = {
    text: parts.join(" "),
    utcOffset,
    minutes: minutes!,
    hours: hours!,
    daysOfMonth: daysOfMonth!,
    months: months!,
    daysOfWeek: new Set([...weekdays!].map((day) => day % 7)),
    isEitherDay: !isAny(parts[2]) && !isAny(parts[4]),
  };
  if (nextTimeOrNull(time, 0) === null) {
    throw new InputError(place, `expected a day that exists, got ${JSON.stringify(text)}`, "Check the day of the month and the month.");
  }
  return time;
};

const parseField = (text: string, field: Field, place: string): Set<number> => {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, range = "", step = "1"] = /^([^/]+)(?:\/(\d+))?$/u.exec(part) ?? [];
    const isAll = range === "*" || range === "?";
    const [first = "", last] = range.split("-");
    const from = isAll ? field.from : numberIn(first, field);
    const isOpen = last === undefined && part.includes("/");
    const to = isAll || isOpen ? field.to : last === undefined ? from : numberIn(last, field);
    if (!(from >= field.from && to <= field.to && from <= to && Number(step) >= 1)) {
      throw new InputError(
        place,
        `expected ${field.what} from ${field.from} to ${field.to}, got ${JSON.stringify(part)}`,
        "A field is a number, a range such as 1-5, a list such as 0,30, a step such as */15, or *.",
      );
    }
    for (let value = from; value <= to; value += Number(step)) values.add(value);
  }
  return values;
};

const numberIn = (text: string, { names, from }: Field): number => {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  return named >= 0 ? named + from : /^\d+$/u.test(text) ? Number(text) : NaN;
};

/** The first time after an instant, both in seconds since 1970; null where there is none. */
export const nextTimeOrNull = (time: CronTime, after: Seconds): Seconds | null => {
  const local = after + time.utcOffset;
  const today = Math.floor(local / SECONDS_PER_DAY);
  const minuteOfDay = Math.floor((local - today * SECONDS_PER_DAY) / 60) + 1;
  for (let days = 0; days <= LONGEST_SEARCH_DAYS; days += 1) {
    if (!isOnDay(time, today + days)) continue;
    const minute = firstMinute(time, days === 0 ? minuteOfDay : 0);
    if (minute !== null) return (today + days) * SECONDS_PER_DAY + minute * 60 - time.utcOffset;
  }
  return null;
};

const isOnDay = (time: CronTime, day: number): boolean => {
  const date = civilDate(day);
  if (!time.months.has(date.month)) return false;
  const fitsMonth = time.daysOfMonth.has(date.day);
  const fitsWeek = time.daysOfWeek.has(date.weekday);
  return time.isEitherDay ? fitsMonth || fitsWeek : fitsMonth && fitsWeek;
};

const firstMinute = ({ minutes, hours }: CronTime, from: number): number | null => {
  for (let minute = from; minute < 1440; minute += 1) {
    if (hours.has(Math.floor(minute / 60)) && minutes.has(minute % 60)) return minute;
  }
  return null;
};

/** The last time at or before an instant; null where there was none for as long as a search goes. */
export const lastTimeOrNull = (time: CronTime, at: Seconds): Seconds | null => {
  const local = at + time.utcOffset;
  const today = Math.floor(local / SECONDS_PER_DAY);
  const minuteOfDay = Math.floor((local - today * SECONDS_PER_DAY) / 60);
  for (let days = 0; days <= LONGEST_SEARCH_DAYS; days += 1) {
    if (!isOnDay(time, today - days)) continue;
    for (let minute = days === 0 ? minuteOfDay : 1439; minute >= 0; minute -= 1) {
      if (time.hours.has(Math.floor(minute / 60)) && time.minutes.has(minute % 60)) {
        return (today - days) * SECONDS_PER_DAY + minute * 60 - time.utcOffset;
      }
    }
  }
  return null;
};

/**
 * Whether an instant lies between a start and the end that follows it, as KEDA's cron trigger sees it: the next end comes before, or
 * with, the next start.
 */
export const isBetween = (start: CronTime, end: CronTime, now: Seconds): boolean =>
  (nextTimeOrNull(end, now) ?? Infinity) <= (nextTimeOrNull(start, now) ?? Infinity);

/** Hours that a time zone is ahead of UTC by, where its name says so: UTC, Etc/GMT-2 (which is ahead). Null elsewhere. */
export const utcOffsetOrNull = (zone: string): Seconds | null => {
  if (/^(?:Etc\/)?(?:UTC|GMT|UCT|Zulu|Universal|GMT[+-]?0)$/u.test(zone)) return 0;
  const match = /^Etc\/GMT([+-])(\d{1,2})$/u.exec(zone);
  return match === null ? null : (match[1] === "-" ? 1 : -1) * Number(match[2]) * 3600;
};
