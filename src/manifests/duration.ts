import type { Seconds } from "../units.ts";

/** Go's durations, as Knative's annotations have them: `60s`, `1m30s`, `1h`. */

const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Seconds; null where the text is no duration. */
export const durationOrNull = (text: string): Seconds | null => {
  if (text === "0") return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/u.test(text)) return null;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/gu)) total += Number(number) * UNITS[unit ?? ""]!;
  return total;
};

export const durationText = (time: Seconds): string => `${time}s`;
