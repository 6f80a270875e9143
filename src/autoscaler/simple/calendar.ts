import type { Seconds } from "../../units.ts";

/** The calendar in UTC, in whole arithmetic: `Date` would do, but for the clock that comes with it. */

export const SECONDS_PER_DAY = 86_400;

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/**
 * The date of a day counted from 1 January 1970 (proleptic Gregorian).
 *
 * Years begin in March here, so that the leap day is the last of its year, and repeat every 400 years.
 */
export const civilDate = (daysSince1970: number): CivilDate => {
  const shifted = daysSince1970 + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day, weekday: (((daysSince1970 + 4) % 7) + 7) % 7 };
};

/** Days from 1 January 1970 to a date: `civilDate` backwards. */
export const daysSince1970 = (year: number, month: number, day: number): number => {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
};

/** Seconds from 1970 of `2026-03-30T08:00:00Z`; null where the text is no such time. */
export const secondsSince1970OrNull = (text: string): Seconds | null => {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?Z$/u.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map((part) => Number(part ?? 0));
  const days = daysSince1970(year, month, day);
  const date = civilDate(days);
  if (date.month !== month || date.day !== day || hour > 23 || minute > 59 || second > 59) return null;
  return days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
};
