import { expect, it } from "vitest";
import { openCourse } from "../../../bench/peers/course.ts";
import { SHAPES } from "../../../bench/peers/shapes.ts";
import { DEFAULT, PEERS, TUNED } from "../../../src/report/peers-schema.ts";
import { leftBehind } from "../../driver/the-browser.ts";

it("one shape in a real browser: every library runs on the page's device, is right, and takes a sample in each round", async () => {
  const course = await openCourse("web");
  const entry = await course
    .race(
      SHAPES.find(({ name }) => name === "256×256×256")!,
      PEERS,
      2,
    )
    .finally(course.close);
  if (!("race" in entry)) throw new Error(entry.left_out.because);
  const { race, libraries } = entry;
  expect(libraries.map(({ name, device }) => [name, device.slice(0, 17)])).toEqual(PEERS.map((name) => [name, "the page's device"]));
  expect(race.contestants.map(({ name, samples_s, because }) => [name, samples_s.length, because])).toEqual(
    [DEFAULT, TUNED, ...PEERS].map((name) => [name, 2, null]),
  );
  for (const { error, samples_s } of race.contestants) {
    expect(error!.of_bound).toBeLessThan(2);
    expect(Math.min(...samples_s)).toBeGreaterThan(0);
  }
  expect(leftBehind()).toEqual({ folders: [], processes: [] });
});
