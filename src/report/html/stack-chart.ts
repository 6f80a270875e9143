import type { Axis } from "./axes.ts";
import { changeKeys, changeMarks, topMargin, type Changes } from "./changes.ts";
import { axisMarks, type Charts, figure, type Frame, leftMargin, Plot, scaleOf } from "./chart.ts";
import { html, type Html } from "./markup.ts";

/** One layer: its values hold from their x to the next. */
export interface Layer {
  readonly name: string;
  readonly color: string;
  /** Of its fill, where two layers share a colour. */
  readonly opacity: number;
  readonly values: readonly number[];
}

export interface StackChart extends Frame {
  readonly x: Axis;
  readonly y: Axis;
  /** One more than each layer has values: where the last one ends. */
  readonly at: readonly number[];
  /** From the bottom up. */
  readonly layers: readonly Layer[];
  readonly changes?: Changes | undefined;
}

/** What adds up to a whole, over time: layers on each other, named in the order in which they lie, the topmost first. */
export const stackChart = (charts: Charts, { x, y, at, layers, changes, ...frame }: StackChart): Html => {
  let below: readonly number[] = at.map(() => 0);
  const areas = layers.map(({ values, color, opacity }) => {
    const bottom = below;
    const top = at.map((_, i) => (bottom[i] ?? 0) + (values[i] ?? values.at(-1) ?? 0));
    below = top;
    const points = at.map((time, i) => ({ time, low: bottom[i] ?? 0, high: top[i] ?? 0 }));
    return Plot.areaY(points, { x: "time", y1: "low", y2: "high", curve: "step-after", fill: color, fillOpacity: opacity });
  });
  const swatch = ({ color, opacity }: Layer): Html => ({
    html: `<svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true"><rect width="14" height="12" fill="${color}" fill-opacity="${opacity}"/></svg>`,
  });
  const key = html`<ul class="legend">
    ${layers.toReversed().map((layer) => html`<li>${swatch(layer)}${layer.name}</li>`)}${changeKeys(changes)}
  </ul> `;
  const marks = [...axisMarks(x, y), ...areas, Plot.ruleY([0]), ...changeMarks(changes)];
  return figure(charts, frame, { marginLeft: leftMargin(y), marginTop: topMargin(changes), x: scaleOf(x), y: scaleOf(y), marks }, key);
};
