import { expect, it } from "vitest";
import { TieBreak } from "../../../src/fleet/router/tie-break.ts";
import { createStreams } from "../../../src/sim/streams.ts";

const stream = () => createStreams(3).named("router");

it("draws each of 4 equals as often, those with a worse score never (chi-squared below 16.3, its 99.9 % quantile)", () => {
  const best = new TieBreak(stream());
  const times = new Map<number, number>();
  for (let i = 0; i < 4000; i += 1) {
    best.begin();
    for (const [id, score] of [5, 7, 6, 7, 7, 1, 7].entries()) best.offer(id, score);
    times.set(best.id, (times.get(best.id) ?? 0) + 1);
  }
  expect(new Set(times.keys())).toEqual(new Set([1, 3, 4, 6]));
  expect([...times.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(16.3);
});

it("draws nothing where none are equal", () => {
  const draws = stream();
  const best = new TieBreak(draws);
  best.begin();
  for (const score of [1, 3, 2, -1]) best.offer(score, score);
  expect([best.id, draws.uniform()]).toEqual([3, stream().uniform()]);
});
