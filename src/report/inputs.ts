import type { Input } from "../provenance.ts";
import { type Cell, left, type Style, table } from "./layout.ts";

const ORDER = ["given", "measured", "assumed"] as const;

/** Inputs with those the user gave first and those Ballast assumed last, where a reader looks for what to doubt. */
export const inOrderOfOrigin = (inputs: readonly Input[]): Input[] =>
  ORDER.flatMap((origin) => inputs.filter((input) => input.origin === origin));

/** Each input with its value, where it came from, and its source. */
export const inputLines = (inputs: readonly Input[], style: Style): string[] =>
  inputs.length === 0
    ? []
    : table(
        [left("origin"), left("input"), left("value"), left("source")],
        inOrderOfOrigin(inputs).map(({ name, value, origin, source }): Cell[] => [
          origin === "assumed" ? { text: origin, tone: "strong" } : origin,
          name,
          value,
          { text: source, tone: "faint" },
        ]),
        style,
        "    ",
      );
