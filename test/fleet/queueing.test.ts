import { describe, expect, it } from "vitest";
import { arrivalsFor, expectedWait, queueingCases, waitsOf } from "../../bench/queueing.ts";

const isLong = process.env["BALLAST_LONG"] === "1";
const LOADS = isLong ? [0.3, 0.7, 0.9, 0.95] : [0.3, 0.7];

describe("closed forms of queueing theory, inside the 99 % interval of 20 replications", () => {
  it.each(queueingCases(LOADS).map((of) => [of.name, of.load, of] as const))(
    "%s at load %f waits as long as theory says",
    (_, load, of) => {
      const { mean, halfWidth } = waitsOf(of, isLong ? arrivalsFor(load) : 20_000, 0.99);
      expect(Math.abs(mean - expectedWait(of))).toBeLessThan(halfWidth);
      expect(halfWidth / expectedWait(of)).toBeLessThan(isLong ? 0.03 : 0.15);
    },
  );
});
