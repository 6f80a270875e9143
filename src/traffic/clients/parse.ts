import { InputError } from "../../errors.ts";
import { parseJsonObject } from "../../json.ts";
import type { Seconds, Tokens } from "../../units.ts";
import { show } from "../trace/line-error.ts";
import type { Histogram, LengthWindow, RateWindow } from "./statistics.ts";

const NEXT_STEP = "Repair it, or get the file again.";

/** Length of a window where only one says when it begins. */
const RATE_WINDOW: Seconds = 600;
const LENGTH_WINDOW: Seconds = 21_600;

/**
 * A client's rates: lines of window start (s), requests per second, coefficient of variation, `Gamma`, `Weibull` or nothing, shape, scale. Of the
 * gaps' distribution only kind and shape are taken, since the rate gives the mean.
 *
 * @param place the file's name, for messages
 * @throws InputError with the line's number
 * @see https://github.com/alibaba/ServeGen
 */
export const parseRates = (text: string, place: string): RateWindow[] => {
  const rows = text.split(/\r?\n/u).flatMap((line, i) => (line.trim() === "" ? [] : [rateRow(line, `${place}: line ${i + 1}`)]));
  return rows.map(({ from, rate, gaps, where }, i) => {
    const before = rows[i - 1];
    if (before !== undefined && from <= before.from) {
      throw new InputError(where, `expected windows in rising order, got ${from} s after ${before.from} s`, "Sort the file by time.");
    }
    const next = rows[i + 1]?.from;
    return { from, until: next ?? from + (before === undefined ? RATE_WINDOW : from - before.from), rate, gaps };
  });
};

const rateRow = (line: string, where: string): Omit<RateWindow, "until"> & { readonly where: string } => {
  const fields = line.split(",").map((field) => field.trim());
  const [start = "", rate = "", , pattern = "", shape = ""] = fields;
  const number = (text: string, name: string): number => {
    const value = Number(text);
    if (text !== "" && Number.isFinite(value) && value >= 0) return value;
    throw new InputError(where, `expected ${name} to be a number, at least 0, got ${show(text)}`, NEXT_STEP);
  };
  if (fields.length !== 6) throw new InputError(where, `expected 6 columns, got ${fields.length}`, NEXT_STEP);
  const window = { from: number(start, "the window's start"), rate: number(rate, "the rate"), where };
  const kind = pattern === "Gamma" ? "gamma" : pattern === "Weibull" ? "weibull" : null;
  if (kind === null) {
    if (pattern === "" && window.rate === 0) return { ...window, gaps: null };
    throw new InputError(where, `expected Gamma or Weibull where the rate is above 0, got ${show(pattern)}`, NEXT_STEP);
  }
  const given = number(shape, "the shape");
  if (given === 0) throw new InputError(where, "expected a shape above 0, got 0", NEXT_STEP);
  return { ...window, gaps: { kind, shape: given } };
};

/**
 * A client's lengths: a JSON object of windows by their start (s), each with `input_tokens` and `output_tokens` as shares by token count. The
 * shares are an object, or one written as text the way Python prints it: `{163: 0.25, 9: 0.75}`. It is read as data. A window without any is
 * left out. 0 tokens count as 1.
 *
 * @param place the file's name, for messages
 * @throws InputError with the window
 */
export const parseLengths = (text: string, place: string): LengthWindow[] => {
  const windows = parseJsonObject(text, place, NEXT_STEP);
  const starts = Object.keys(windows).map((key) => {
    const from = Number(key);
    if (Number.isFinite(from) && from >= 0) return { key, from };
    throw new InputError(place, `expected windows by their start in seconds, got ${show(key)}`, NEXT_STEP);
  });
  starts.sort((a, b) => a.from - b.from);
  return starts.flatMap(({ key, from }, i) => {
    const window = windows[key] as Readonly<Record<string, unknown>> | null;
    const prompts = histogramOrNull(window?.["input_tokens"], `${place}: ${key}.input_tokens`);
    const outputs = histogramOrNull(window?.["output_tokens"], `${place}: ${key}.output_tokens`);
    if (prompts === null || outputs === null) return [];
    return [{ from, until: starts[i + 1]?.from ?? from + LENGTH_WINDOW, prompts, outputs }];
  });
};

/** How far shares may add up to other than 1. */
const TOLERANCE = 1e-6;

const histogramOrNull = (value: unknown, where: string): Histogram | null => {
  const entries = typeof value === "string" ? literalEntries(value, where) : objectEntries(value, where);
  if (entries.length === 0) return null;
  entries.sort((a, b) => a[0] - b[0]);
  let sum = 0;
  const cumulative = Float64Array.from(entries, ([, share]) => (sum += share));
  if (!(Math.abs(sum - 1) < TOLERANCE)) throw new InputError(where, `expected shares that add up to 1, got ${sum}`, NEXT_STEP);
  cumulative[cumulative.length - 1] = 1;
  return { tokens: Float64Array.from(entries, ([tokens]) => Math.max(1, tokens)), cumulative };
};

type Entry = [tokens: Tokens, share: number];

const objectEntries = (value: unknown, where: string): Entry[] => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError(where, `expected shares by token count, got ${show(value)}`, NEXT_STEP);
  }
  return Object.entries(value).map(([tokens, share]) => entry(tokens, String(share), where));
};

const literalEntries = (text: string, where: string): Entry[] => {
  const inner = /^\s*\{([^{}]*)\}\s*$/u.exec(text)?.[1];
  if (inner === undefined) throw new InputError(where, `expected {tokens: share, …}, got ${show(text)}`, NEXT_STEP);
  if (inner.trim() === "") return [];
  return inner.split(",").map((pair) => {
    const [tokens = "", share = "", ...rest] = pair.split(":");
    if (rest.length > 0) throw new InputError(where, `expected tokens: share, got ${show(pair.trim())}`, NEXT_STEP);
    return entry(tokens.trim(), share.trim(), where);
  });
};

const entry = (tokens: string, share: string, where: string): Entry => {
  const [count, part] = [Number(tokens), Number(share)];
  if (tokens !== "" && share !== "" && Number.isSafeInteger(count) && count >= 0 && part >= 0 && part <= 1 + TOLERANCE)
    return [count, part];
  throw new InputError(where, `expected a whole number of tokens and a share from 0 to 1, got ${tokens}: ${share}`, NEXT_STEP);
};
