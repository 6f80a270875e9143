import type { FrontierPoint, Plan } from "../plan/schema.ts";
import { quantity } from "../format.ts";

/** Policies that a reader weighs against each other, and what is said of the others. */
export interface FrontierRows {
  readonly shown: readonly FrontierPoint[];
  /** Null where all are shown. */
  readonly hidden: string | null;
}

/** A table longer than this is not read. */
const MOST_ROWS = 14;

/** What runs today, fixed numbers and the best in something; of the others that no other beats the cheapest, as many as there is room for. */
export const frontierRows = ({ frontier = [] }: Plan): FrontierRows => {
  const isNamed = ({ family = "fixed", titles = [] }: FrontierPoint): boolean =>
    family === "fixed" || family === "today" || titles.length > 0;
  const room = MOST_ROWS - frontier.filter(isNamed).length;
  const others = frontier.filter((point) => !isNamed(point) && !point.is_dominated).slice(0, Math.max(0, room));
  const hidden = frontier.filter((point) => !isNamed(point) && !others.includes(point));
  const beaten = hidden.filter(({ is_dominated: isDominated }) => isDominated).length;
  return {
    shown: frontier.filter((point) => isNamed(point) || others.includes(point)),
    hidden: hiddenInWords(hidden.length, beaten),
  };
};

const hiddenInWords = (hidden: number, beaten: number): string | null => {
  if (hidden === 0) return null;
  const simulated = `${quantity(hidden, "policy", "policies")} more ${hidden === 1 ? "was" : "were"} simulated`;
  return beaten === hidden
    ? `${simulated}: for each another is as good or better in cost, tail and churn.`
    : `${simulated}, ${hidden - beaten} of which no other beats in cost, tail and churn; the picture of the report and the plan as JSON have them all.`;
};

/** What a policy is the best in; of one that another beats, that. */
export const bestIn = ({ is_dominated: isDominated, titles = [] }: Pick<FrontierPoint, "is_dominated" | "titles">): string =>
  titles.length > 0 ? titles.join(", ") : isDominated ? "another is as good or better in all three" : "";
