import { describe, expect, it } from "vitest";
import { limit, stabilise } from "../../../src/autoscaler/hpa/normalise.ts";

describe("stabilization", () => {
  it.each([
    [300, 9, "exactly one window old still counts"],
    [300.001, 5, "older does not"],
  ])("a recommendation of 9 made %f s ago makes 5 into %i: %s", (age, replicas) => {
    expect(stabilise(5, [{ replicas: 9, at: 1000 - age }], 1000)).toBe(replicas);
  });

  it("never holds a scale-up back", () => {
    expect(stabilise(12, [{ replicas: 9, at: 990 }], 1000)).toBe(12);
  });

  it("remembers what was wanted, not what came of it, in the place of the last expired one", () => {
    const log = [
      { replicas: 1, at: 10 },
      { replicas: 2, at: 20 },
      { replicas: 9, at: 990 },
    ];
    expect(stabilise(5, log, 1000)).toBe(9);
    expect(log).toEqual([
      { replicas: 1, at: 10 },
      { replicas: 5, at: 1000 },
      { replicas: 9, at: 990 },
    ]);
  });
});

describe("limits of one pass", () => {
  it.each([
    [9, 1, 4, "ScaleUpLimit", "from 1 up to 4"],
    [9, 2, 4, "ScaleUpLimit", "from 2 up to 4"],
    [9, 3, 6, "ScaleUpLimit", "then doubling"],
    [6, 3, 6, "DesiredWithinRange", "doubling itself is allowed"],
    [99, 10, 20, "TooManyReplicas", "maxReplicas where doubling would reach as far"],
    [0, 3, 1, "TooFewReplicas", "minReplicas"],
  ])("%i wanted from %i gives %i, %s: %s", (desired, current, replicas, reason) => {
    expect(limit(desired, current, 1, 20)).toEqual({ replicas, reason });
  });
});
