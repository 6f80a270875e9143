import { expect, it } from "vitest";
import { BackOff } from "../../../src/fleet/churn/back-off.ts";

const second = 1e9;

it("a container that ends at once again and again waits 0, 10, 20 … 160 and then 300 s", () => {
  const backOff = new BackOff();
  let now = 0;
  const waits = Array.from({ length: 9 }, () => {
    const wait = backOff.next(now);
    now += wait;
    return wait / second;
  });
  expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
});

it.each([
  [600, 10],
  [600.001, 0],
])("one that has run for %d s since its restart waits %i s", (ranFor, wait) => {
  const backOff = new BackOff();
  expect(backOff.next(0)).toBe(0);
  expect(backOff.next(ranFor * second)).toBe(wait * second);
});
