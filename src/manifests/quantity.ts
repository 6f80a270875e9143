import { z } from "zod";
import type { Whole } from "../autoscaler/int64.ts";

/** Kubernetes' quantities: `500m`, `1.5`, `2k`, `4Gi`, `1e3`. */

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, bigint>> = { Ki: 1n, Mi: 2n, Gi: 3n, Ti: 4n, Pi: 5n, Ei: 6n };

/** Milli-units, rounded up as Kubernetes does; null where the text is no quantity. */
export const milliOrNull = (text: string | number): Whole | null => {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/u.exec(String(text));
  if (match === null) return null;
  const [, sign, integer = "", fraction = "", suffix = "", exponent] = match;
  const isBinary = Object.hasOwn(BINARY, suffix);
  const digits = BigInt(integer + fraction) * (isBinary ? 1024n ** BINARY[suffix]! : 1n);
  const power = 3 - fraction.length + (isBinary ? 0 : exponent === undefined ? DECIMAL[suffix]! : Number(exponent));
  const magnitude = power >= 0 ? digits * 10n ** BigInt(power) : roundUp(digits, 10n ** BigInt(-power));
  const milli = sign === "-" ? -magnitude : magnitude;
  return milli >= BigInt(Number.MIN_SAFE_INTEGER) && milli <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(milli) : milli;
};

const roundUp = (digits: bigint, divisor: bigint): bigint => (digits + divisor - 1n) / divisor;

/** A quantity of so many milli-units, as one writes it. */
export const quantityText = (milli: Whole): string => {
  const value = BigInt(milli);
  return value % 1000n === 0n ? `${value / 1000n}` : `${value}m`;
};

/** A quantity in a manifest, read into milli-units. */
export const quantitySchema = z.union([z.string(), z.number()]).transform((value, context): Whole => {
  const milli = milliOrNull(value);
  if (milli !== null) return milli;
  context.addIssue({ code: "custom", message: "expected a quantity such as 500m, 8 or 4Gi", input: value });
  return z.NEVER;
});

/** A quantity of which nothing would be a mistake: a target. */
export const positiveQuantitySchema = quantitySchema.refine((milli) => milli > 0, { error: "expected a quantity above 0" });
