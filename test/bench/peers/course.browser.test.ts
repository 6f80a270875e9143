import { describe, expect, it } from "vitest";
import { DEFAULT, PEERS, peersReportSchema, TUNED } from "../../../bench/peers/contract.ts";
import { runCourse } from "../../../bench/peers/course.ts";
import { leftBehind } from "../../driver/the-browser.ts";

describe("the peer table in a real browser", () => {
  it("one shape: every library runs on the page's device, is right, and takes a sample in each round", async () => {
    const shapes: string[] = [];
    const report = await runCourse({
      all: false,
      only: "256×256×256",
      peers: PEERS,
      rounds: 2,
      onShape: ({ name }) => shapes.push(name),
    });
    expect(peersReportSchema.parse(report)).toEqual(report);
    expect(shapes).toEqual(["256×256×256"]);
    expect(report.left_out).toEqual([]);
    expect(report.libraries.map(({ name, version, device }) => [name, version, device.slice(0, 17)])).toEqual([
      ["jax-js", "0.1.25", "the page's device"],
      ["tfjs", "4.22.0", "the page's device"],
      ["onnxruntime", "1.30.0", "the page's device"],
    ]);
    expect(report.overhead?.contestants.map(({ name, samples_s }) => [name, samples_s.length])).toEqual(
      [DEFAULT, TUNED, ...PEERS].map((name) => [name, 2]),
    );
    const [race] = report.races;
    expect(race?.contestants.map(({ name, samples_s, because }) => [name, samples_s.length, because])).toEqual(
      [DEFAULT, TUNED, ...PEERS].map((name) => [name, 2, null]),
    );
    for (const { error, samples_s } of race!.contestants) {
      expect(error!.of_bound).toBeLessThan(2);
      expect(Math.min(...samples_s)).toBeGreaterThan(0);
    }
    expect(leftBehind()).toEqual({ folders: [], processes: [] });
  });
});
