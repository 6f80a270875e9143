import { InvalidArgumentError } from "commander";

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
