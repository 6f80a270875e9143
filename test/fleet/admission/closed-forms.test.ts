import { describe, expect, it } from "vitest";
import { blockingOf, expectedBlocking, lossCases } from "../../../bench/queueing.ts";

describe("closed forms of queues that turn arrivals away, inside the 99 % interval of 20 replications", () => {
  it.each(lossCases.map((of) => [`M/M/${of.servers}/${of.servers + of.places}`, of.load, of] as const))(
    "%s at load %f turns away as many as theory says",
    (_, __, of) => {
      const { mean, halfWidth } = blockingOf(of, 20_000, 0.99);
      expect(Math.abs(mean - expectedBlocking(of))).toBeLessThan(halfWidth);
      expect(halfWidth / expectedBlocking(of)).toBeLessThan(0.1);
    },
  );
});
