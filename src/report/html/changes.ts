import * as Plot from "@observablehq/plot";
import { html, type Html } from "./markup.ts";

/** Scale events along x. */
export interface Changes {
  readonly ups: readonly number[];
  readonly downs: readonly number[];
}

/** More lines than these would hide what they stand behind. */
const MOST_LINES = 60;
const UP = "M0,-4.5L4.5,4H-4.5z";
const DOWN = "M0,4.5L4.5,-4H-4.5z";

/** A mark above the plot for each event, and a faint line down where there are few. Drawn under all else. */
export const changeMarks = (changes: Changes | undefined): Plot.Markish[] => {
  if (changes === undefined) return [];
  const { ups, downs } = changes;
  const mark = { x: (at: number) => at, frameAnchor: "top", dy: -9, symbol: "triangle", r: 3.5 } as const;
  const line = { stroke: "var(--faint)", strokeWidth: 0.75, strokeOpacity: 0.75 };
  return [
    ...(ups.length + downs.length > MOST_LINES
      ? []
      : [Plot.ruleX([...ups], line), Plot.ruleX([...downs], { ...line, strokeDasharray: "2 3" })]),
    Plot.dot([...ups], { ...mark, fill: "currentColor" }),
    Plot.dot([...downs], { ...mark, rotate: 180, fill: "var(--paper)", stroke: "currentColor", strokeWidth: 1 }),
  ];
};

/** Room above the plot, so that the marks stand clear of the axis's name. */
export const topMargin = (changes: Changes | undefined): number => (changes === undefined ? 28 : 42);

/** What those marks mean, as entries of a legend. */
export const changeKeys = (changes: Changes | undefined): Html => {
  const key = (path: string, fill: string, name: string): Html =>
    html`<li>
      ${{ html: `<svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true"><path d="${path}" fill="${fill}" stroke="currentColor"/></svg>` }}${name}
    </li>`;
  return html`${(changes?.ups.length ?? 0) > 0 ? key(UP, "currentColor", "scale-up") : html``}${
    (changes?.downs.length ?? 0) > 0 ? key(DOWN, "none", "scale-down") : html``
  }`;
};
