import { labelWidth } from "./axes.ts";

/** A place in pixels, from the top left. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where a label goes, against its point. */
export interface LabelPlace {
  readonly anchor: "start" | "middle" | "end";
  readonly dx: number;
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const SIZE = 12;
/** Half a symbol, with a little air. */
const SYMBOL = 7;
const OFFSETS = [-17, 19, -31, 33, -47, 49, -63, 65] as const;
const ANCHORS = ["middle", "start", "end"] as const;
const SHIFTS = { start: -6, middle: 0, end: 6 } as const;

/**
 * A place for each label, near its point, where it covers as little as can be: no other label, no point, not the limit's line; within the plot.
 *
 * @param limit height of the line
 */
export const placeLabels = (
  labels: readonly (Place & { readonly text: string })[],
  points: readonly Place[],
  limit: number,
  { width, height }: { readonly width: number; readonly height: number },
): LabelPlace[] => {
  const taken: Box[] = [];
  return labels.map(({ x, y, text }) => {
    const wide = labelWidth(text) * 0.92;
    const choices = OFFSETS.flatMap((dy) =>
      ANCHORS.map((anchor) => {
        const from = x + SHIFTS[anchor] - (anchor === "start" ? 0 : anchor === "end" ? wide : wide / 2);
        const box = { left: from, right: from + wide, top: y + dy - SIZE / 2, bottom: y + dy + SIZE / 2 };
        const covered = points.filter((point) =>
          isOver(box, { left: point.x - SYMBOL, right: point.x + SYMBOL, top: point.y - SYMBOL, bottom: point.y + SYMBOL }),
        ).length;
        const others = taken.filter((other) => isOver(box, other)).length;
        const isOut = box.left < -20 || box.right > width + 16 || box.top < -6 || box.bottom > height;
        const isCrossed = box.top < limit + 2 && box.bottom > limit - 2;
        return {
          anchor,
          dx: SHIFTS[anchor],
          dy,
          box,
          cost: 3 * covered + 10 * others + (isOut ? 20 : 0) + (isCrossed ? 2 : 0) + Math.abs(dy) / 30,
        };
      }),
    );
    const best = choices.reduce((a, b) => (b.cost < a.cost ? b : a));
    taken.push(best.box);
    return { anchor: best.anchor, dx: best.dx, dy: best.dy };
  });
};

const isOver = (one: Box, other: Box): boolean =>
  one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;
