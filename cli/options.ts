import { InvalidArgumentError } from "commander";
import { InputError } from "../src/errors.ts";

/** Parser of an option that is a number above zero, in the unit that its help names. */
export const positiveNumber = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
};

/** Parser of an option that is a number of zero or more, in the unit that its help names. */
export const nonNegativeNumber = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError("Expected a number, 0 or above.");
  return value;
};

/** Parser of an option that is a whole number, 0 or above. */
export const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError("Expected a whole number, 0 or above.");
  return value;
};

/** Parser of an option that is a whole number, 1 or above. */
export const positiveWholeNumber = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("Expected a whole number, 1 or above.");
  return value;
};

/** Parser of an option that is a size in bytes, as a person writes it: 24GiB, 80 GB, 512MiB, 1000000. */
export const memorySize = (text: string): number => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)?\s*$/u.exec(text);
  const [, digits = "", unit = "B"] = match ?? [];
  const power = "BKMGT".indexOf(unit[0] ?? "B");
  const size = Math.floor(Number(digits) * (unit.includes("i") ? 1024 : 1000) ** power);
  if (match === null || size <= 0) throw new InvalidArgumentError("Expected a size above 0, such as 24GiB or 80GB.");
  return size;
};

/**
 * Refuses options that would be ignored.
 *
 * @param names of options, as commander's attributes: sessionsPerS of --sessions-per-s
 * @param rule what they need beside them, and what is there
 * @throws InputError that names the first one given
 */
export const refuseOptions = <T extends object>(options: T, names: readonly (keyof T & string)[], rule: string, nextStep: string): void => {
  const given = names.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new InputError(`--${given.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`, rule, nextStep);
};
