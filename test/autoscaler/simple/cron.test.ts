import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { civilDate, daysSince1970, secondsSince1970OrNull } from "../../../src/autoscaler/simple/calendar.ts";
import { isBetween, lastTimeOrNull, nextTimeOrNull, parseCron, utcOffsetOrNull } from "../../../src/autoscaler/simple/cron.ts";
import { messageOf } from "../../message-of.ts";

const at = (text: string): number => secondsSince1970OrNull(text)!;
const textOf = (seconds: number | null): string | null => (seconds === null ? null : new Date(seconds * 1000).toISOString().slice(0, 16));

describe("the calendar", () => {
  it("is the one that Date has, on any day of four thousand years", () => {
    fc.assert(
      fc.property(fc.integer({ min: -700_000, max: 700_000 }), (day) => {
        const date = new Date(day * 86_400_000);
        const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() };
        expect(civilDate(day)).toEqual(expected);
        expect(daysSince1970(expected.year, expected.month, expected.day)).toBe(day);
      }),
    );
  });

  it.each([
    ["2026-01-05T00:00:00Z", "2026-01-05T00:00"],
    ["2024-02-29T23:59Z", "2024-02-29T23:59"],
    ["2026-02-29T00:00:00Z", null],
    ["2026-01-05T24:00:00Z", null],
    ["2026-01-05 00:00", null],
  ])("%s is %j", (text, expected) => {
    expect(textOf(secondsSince1970OrNull(text))).toBe(expected);
  });
});

describe("a cron time", () => {
  it.each([
    ["*/15 * * * *", "2026-01-05T00:00Z", "2026-01-05T00:15", "strictly after"],
    ["0 8 * * 1-5", "2026-01-09T08:00Z", "2026-01-12T08:00", "from Friday to Monday"],
    ["0 8 * * mon,WED", "2026-01-05T09:00Z", "2026-01-07T08:00", "names of days"],
    ["0 0 29 2 *", "2025-01-01T00:00Z", "2028-02-29T00:00", "a leap day"],
    ["0 0 1 jan *", "2026-01-01T00:00Z", "2027-01-01T00:00", "names of months"],
    ["0 0 13 * 5", "2026-01-05T00:00Z", "2026-01-09T00:00", "day of the month or of the week, where both are limited"],
    ["30 6/6 * * *", "2026-01-05T07:00Z", "2026-01-05T12:30", "a step from a number on"],
    ["0 0 * * 7", "2026-01-05T00:00Z", "2026-01-11T00:00", "7 is Sunday too"],
  ])("%s after %s comes %s: %s", (cron, after, next) => {
    expect(textOf(nextTimeOrNull(parseCron(cron, ""), at(after)))).toBe(next);
  });

  it("is in the local time of its offset", () => {
    expect(textOf(nextTimeOrNull(parseCron("0 8 * * *", "", 2 * 3600), at("2026-01-05T00:00Z")))).toBe("2026-01-05T06:00");
  });

  it("comes last where it came first: the last time at or before the next one is that one", () => {
    const field = (from: number, to: number): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constant("*"),
        fc.integer({ min: from, max: to }).map(String),
        fc.integer({ min: 1, max: 20 }).map((step) => `*/${step}`),
      );
    const crons = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)).map((fields) => fields.join(" "));
    fc.assert(
      fc.property(crons, fc.integer({ min: 0, max: 2e9 }), (text, after) => {
        const cron = parseCron(text, "");
        const next = nextTimeOrNull(cron, after)!;
        expect(next).toBeGreaterThan(after);
        expect(lastTimeOrNull(cron, next)).toBe(next);
        expect(lastTimeOrNull(cron, next - 1) ?? -Infinity).toBeLessThanOrEqual(after);
      }),
    );
  });

  it.each([
    ["2026-01-05T07:59Z", false],
    ["2026-01-05T08:00Z", true],
    ["2026-01-05T17:59Z", true],
    ["2026-01-05T18:00Z", false],
  ])("at %s it is between 8 and 18: %j", (now, isInside) => {
    expect(isBetween(parseCron("0 8 * * *", ""), parseCron("0 18 * * *", ""), at(now))).toBe(isInside);
  });

  it("that cannot be is refused", () => {
    expect(
      ["0 8 * *", "0 25 * * *", "5-1 * * * *", "0 8 * * fri-", "0 0 30 2 *", "*/0 * * * *"].map((text) =>
        messageOf(() => parseCron(text, "file: at")),
      ),
    ).toMatchInlineSnapshot(`
      [
        "InputError: file: at: expected five fields (minute, hour, day of the month, month, day of the week), got "0 8 * *". Monday to Friday at 8:00 is 0 8 * * 1-5.",
        "InputError: file: at: expected hours from 0 to 23, got "25". A field is a number, a range such as 1-5, a list such as 0,30, a step such as */15, or *.",
        "InputError: file: at: expected minutes from 0 to 59, got "5-1". A field is a number, a range such as 1-5, a list such as 0,30, a step such as */15, or *.",
        "InputError: file: at: expected days of the week from 0 to 7, got "fri-". A field is a number, a range such as 1-5, a list such as 0,30, a step such as */15, or *.",
        "InputError: file: at: expected a day that exists, got "0 0 30 2 *". Check the day of the month and the month.",
        "InputError: file: at: expected minutes from 0 to 59, got "*/0". A field is a number, a range such as 1-5, a list such as 0,30, a step such as */15, or *.",
      ]
    `);
  });

  it.each([
    ["UTC", 0],
    ["Etc/GMT-2", 7200],
    ["Etc/GMT+5", -18_000],
    ["Europe/Berlin", null],
  ])("the zone %s is ahead of UTC by %j s", (zone, offset) => {
    expect(utcOffsetOrNull(zone)).toBe(offset);
  });
});
