import type { Bytes, BytesPerSecond, OperationsPerSecond, Seconds } from "./units.ts";

/**
 * Numbers as a person reads them: a unit that fits, and no digits that the number does not carry. Every text and every page of
 * Ballast formats through here, so that one figure looks the same wherever it stands.
 */

/** What stands where there is no number. */
export const NONE = "–";

const groups = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ",");

/** An exact count, in full: 12,345. */
export const count = (value: number): string => groups(String(Math.round(value)));

/** `digits` significant digits, never in powers of ten: 0.0123, 1.23, 12.3, 12,300. Trailing zeros stay: they were measured. */
export const significant = (value: number, digits = 3): string => {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return NONE;
  const rounded = Number(value.toPrecision(digits));
  const exponent = Math.floor(Math.log10(Math.abs(rounded)));
  const [whole = "0", fraction] = rounded.toFixed(Math.min(100, Math.max(0, digits - 1 - exponent))).split(".");
  return fraction === undefined ? groups(whole) : `${groups(whole)}.${fraction}`;
};

/** As `significant`, without trailing zeros: for numbers someone chose (a limit of 2 s), not for measured ones. */
export const plain = (value: number, digits = 6): string => {
  const text = significant(value, digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
};

type Scale = readonly (readonly [from: number, unit: string])[];
type Digits = (value: number) => string;

/** The largest unit that leaves at least 1 of it after rounding; below the smallest unit, that one. */
const inUnit = (value: number, scale: Scale, digits: Digits): string => {
  const size = Math.abs(Number(value.toPrecision(3)));
  const [from, unit] = scale.find(([from]) => size >= from) ?? scale.at(-1) ?? [1, ""];
  return `${digits(value / from)} ${unit}`;
};

const TIMES: Scale = [
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
  [1e-9, "ns"],
];
/** From two minutes and two hours on, so that 90 s stays 90 s. */
const timeWith = (time: Seconds, digits: Digits): string => {
  if (time === 0) return "0 s";
  if (time >= 7200) return `${digits(time / 3600)} h`;
  if (time >= 120) return `${digits(time / 60)} min`;
  return inUnit(time, TIMES, digits);
};

/** A measured or simulated time: 412 ms, 2.00 s, 3.50 min. */
export const duration = (time: Seconds): string => timeWith(time, significant);

/** The fewest digits, three at least, with which a value does not read as a limit that it is not. */
export const digitsApart = (value: number, most: number): number =>
  [3, 4, 5, 6, 7, 8].find((digits) => Number(value.toPrecision(digits)) !== Number(most.toPrecision(8))) ?? 3;

/** As `duration`, with so many digits. */
export const durationTo = (time: Seconds, digits: number): string => timeWith(time, (value) => significant(value, digits));

/**
 * A time someone chose, or a tick of an axis: 2 s, 100 ms. Minutes only where they come out in halves, so that 280 s stays 280 s; four
 * digits at most.
 */
export const limit = (time: Seconds): string => {
  const isOdd = time >= 120 && time < 7200 && !Number.isInteger(time / 30);
  return isOdd ? `${plain(time, 4)} s` : timeWith(time, (value) => plain(value, 4));
};

/** A percentile that requests may never reach: null is "never". */
export const durationOrNever = (time: Seconds | null): string => (time === null ? "never" : duration(time));

/** A latency that nobody had: null is a dash. */
export const durationOrNone = (time: Seconds | null | undefined): string => (time === null || time === undefined ? NONE : duration(time));

const DECIMAL = (unit: string): Scale => [
  [1e15, `P${unit}`],
  [1e12, `T${unit}`],
  [1e9, `G${unit}`],
  [1e6, `M${unit}`],
  [1e3, `k${unit}`],
  [1, unit],
];
const BINARY: Scale = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
];

/** A size: exact halves or multiples of a binary unit in it (4 MiB, 1.5 GiB), everything else in decimal units (16.1 GB). */
export const size = (bytes: Bytes): string => {
  const binary = BINARY.find(([from]) => bytes >= from && Number.isInteger((bytes * 2) / from));
  if (binary !== undefined && bytes / binary[0] < 1024) return `${plain(bytes / binary[0])} ${binary[1]}`;
  return bytes < 1000 ? `${count(bytes)} B` : inUnit(bytes, DECIMAL("B"), significant);
};

/** Achieved or peak transfer rate, decimal: 3.35 TB/s. */
export const bandwidth = (rate: BytesPerSecond): string => inUnit(rate, DECIMAL("B/s"), significant);

/** A tick of an axis: 2 GB/s. */
export const bandwidthTick = (rate: BytesPerSecond): string => inUnit(rate, DECIMAL("B/s"), plain);

/** Arithmetic rate, a multiply-add counted as two: 21.3 TFLOP/s. */
export const arithmeticRate = (rate: OperationsPerSecond): string => inUnit(rate, DECIMAL("FLOP/s"), significant);

/** A tick of an axis: 20 TFLOP/s. */
export const arithmeticTick = (rate: OperationsPerSecond): string => inUnit(rate, DECIMAL("FLOP/s"), plain);

/** Tokens per second: 1,230 tokens/s. */
export const tokenRate = (rate: number): string => `${significant(rate)} tokens/s`;

/** A share of one: 0.423 is 42 %, below 10 % with one decimal, and never 0 where it is not. */
export const percent = (share: number): string => {
  const value = share * 100;
  if (value !== 0 && Math.abs(value) < 0.05) return "<0.1 %";
  return `${value === 0 || Math.abs(value) >= 9.95 ? count(value) : value.toFixed(1)} %`;
};

/** A relative change, with its sign: +12 %, −3.1 %. */
export const change = (share: number): string => (Math.abs(share) < 0.0005 ? "0 %" : `${share > 0 ? "+" : "−"}${percent(Math.abs(share))}`);

/** A mean of counts: whole where it is whole, else one decimal. */
export const mean = (value: number): string => (Number.isInteger(value) ? count(value) : value < 99.95 ? value.toFixed(1) : count(value));

/** GPU-hours: three significant digits. */
export const gpuHours = (hours: number): string => significant(hours);

/** `1 replica`, `6 replicas`. */
export const quantity = (value: number, one: string, many = `${one}s`): string => `${mean(value)} ${value === 1 ? one : many}`;

/** `a`, `a and b`, `a, b and c`. */
export const list = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;

/** First letter in upper case. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Objectives as people write them: `ttft.p99<=2s` is "TTFT p99". Anything else stays as it is. */
export const objectiveName = (objective: string): string => {
  const found = /^(\w+)\.(p\d+(?:\.\d+)?)\s*<=/.exec(objective);
  return found === null ? objective : `${(found[1] ?? "").replaceAll("_", " ").toUpperCase()} ${found[2] ?? ""}`;
};
