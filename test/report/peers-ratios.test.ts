import { describe, expect, it } from "vitest";
import { DEFAULT, TUNED } from "../../src/report/peers-schema.ts";
import { fastestPeerOrNull, raceRatioOrNull, ratioOf, summaryOrNull, untimed } from "../../src/report/peers-ratios.ts";
import { out, race, timed } from "./peers-samples.ts";

describe("the ratio of a peer's time to Ballast's", () => {
  it.each([
    ["FASTER", [2, 2.1, 1.9, 2, 2.05, 1.95]],
    ["SLOWER", [0.5, 0.52, 0.48, 0.5, 0.51, 0.49]],
    ["SAME", [0.9, 1.1, 0.95, 1.05, 1, 1.02]],
  ] as const)("%s: its interval lies where the verdict says", (verdict, peer) => {
    const ratio = ratioOf(peer, [1, 1, 1, 1, 1, 1]);
    expect(ratio.verdict).toBe(verdict);
    expect(ratio.low).toBeLessThanOrEqual(ratio.estimate);
    expect(ratio.high).toBeGreaterThanOrEqual(ratio.estimate);
  });

  it("is taken round by round: drift that both share drops out", () => {
    const drift = [1, 2, 4, 8, 16, 32];
    expect(
      ratioOf(
        drift.map((time) => 3 * time),
        drift,
      ),
    ).toEqual({ estimate: 3, low: 3, high: 3, verdict: "FASTER" });
  });

  it("wants the same rounds of both", () => {
    expect(() => ratioOf([1, 2], [1])).toThrow("as many rounds");
    expect(() => ratioOf([], [])).toThrow("at least one");
  });
});

describe("a race", () => {
  const six = (time: number) => [time, time, time, time, time, time];
  const won = race("a", [timed(DEFAULT, "v", six(3)), timed(TUNED, "w", six(2)), timed("jax-js", "x", six(4)), timed("tfjs", "y", six(8))]);
  const lost = race("b", [timed(DEFAULT, "v", six(5)), timed(TUNED, "w", six(4)), timed("jax-js", "x", six(3)), out("tfjs", "wrong: …")]);

  it("is held against the fastest peer that was timed", () => {
    expect(fastestPeerOrNull(won)?.name).toBe("jax-js");
    expect(raceRatioOrNull(won, TUNED)).toMatchObject({ estimate: 2, verdict: "FASTER" });
    expect(raceRatioOrNull(lost, DEFAULT)).toMatchObject({ estimate: expect.closeTo(0.6, 12) as number, verdict: "SLOWER" });
  });

  it("says nothing where no peer was timed, or not we", () => {
    expect(raceRatioOrNull(race("c", [timed(TUNED, "w", six(2)), out("tfjs", "no")]), TUNED)).toBeNull();
    expect(raceRatioOrNull(race("c", [out(TUNED, "no"), timed("tfjs", "y", six(2))]), TUNED)).toBeNull();
  });

  it("the summary has the median, the worst and those that are slower for sure", () => {
    expect(summaryOrNull([won, lost], TUNED)).toMatchObject({
      compared: 2,
      median: expect.closeTo(1.375, 12) as number,
      worst: { id: "b" },
      slower: ["b"],
    });
    expect(summaryOrNull([], TUNED)).toBeNull();
  });

  it("where we were not timed beside a peer is told apart from one with no peer", () => {
    const wrong = race("c", [out(TUNED, "wrong: …"), timed(DEFAULT, "v", six(1)), timed("tfjs", "y", six(2))]);
    const alone = race("d", [out(TUNED, "wrong: …"), out("tfjs", "no")]);
    expect(untimed([won, wrong, alone], TUNED)).toEqual(["c"]);
    expect(untimed([won, wrong, alone], DEFAULT)).toEqual([]);
  });
});
