import type { Input } from "../provenance.ts";
import { wrap } from "./layout.ts";

const ORDER = ["given", "measured", "assumed"] as const;

/** Inputs with those the user gave first and those Ballast assumed last, where a reader looks for what to doubt. */
export const inOrderOfOrigin = (inputs: readonly Input[]): Input[] =>
  ORDER.flatMap((origin) => inputs.filter((input) => input.origin === origin));

/** Each input with where it came from, its value, and its source in brackets; long ones wrapped under themselves. */
export const inputLines = (inputs: readonly Input[]): string[] => {
  const widest = Math.max(0, ...inputs.map(({ name }) => name.length));
  return inOrderOfOrigin(inputs).flatMap(({ name, value, origin, source }) => {
    const first = `    ${origin.padEnd(8)}  ${name.padEnd(widest)}  `;
    return wrap(`${value} (${source})`, " ".repeat(first.length), undefined, first);
  });
};
