import { expect } from "vitest";

/** One case of a project's own tests: inputs and the numbers that they must give. */
export interface Case {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly expected?: Readonly<Record<string, unknown>>;
  readonly [input: string]: unknown;
}

/** The instant of evaluation. Late enough that "long ago", 10⁹ s before it, is a time. */
export const NOW = 2_000_000_000;

/** Whole numbers beyond 2⁵³ are written as strings. */
export const whole = (value: number | string): number | bigint => (typeof value === "number" ? value : BigInt(value));

/** Holds what came out against every field that is expected; a field that nothing is known of fails. */
export const expectFields = (expected: Readonly<Record<string, unknown>>, actual: Readonly<Record<string, unknown>>): void => {
  const isLarge = (value: unknown): value is string => typeof value === "string" && /^-?\d{16,}$/u.test(value);
  const fields = Object.entries(expected).map(([field, value]) => [field, isLarge(value) ? Number(value) : value]);
  const unknown = Object.keys(expected).filter((field) => !Object.hasOwn(actual, field));
  expect({ ...actual, ...Object.fromEntries(unknown.map((field) => [field, "nothing is known of this field"])) }).toMatchObject(
    Object.fromEntries(fields),
  );
};
