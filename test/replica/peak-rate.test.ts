import { describe, expect, it } from "vitest";
import { peakTokenRate } from "../../src/replica/peak-rate.ts";
import type { StepTimeModel } from "../../src/replica/step-batch.ts";
import { evenStepTime, roomyReplica } from "../fleet/configs.ts";

const taking = (stepTime: StepTimeModel["stepTime"]): StepTimeModel => ({ stepTime, isExtrapolated: () => false });

describe("the most tokens a second that a replica computes", () => {
  it.each([
    ["a step takes a second whatever is in it: the token budget a second", taking(() => 1e9), 512],
    ["a prompt makes a step twice as long: one prompt of the token budget", evenStepTime, 512 / 0.5],
    ["prompts cost a minute: as many decodes as may run", taking(({ prefillSequences }) => 1e9 + 60e9 * prefillSequences), 64],
    [
      "attention is all: the shortest prompts, as many as may run",
      taking(({ prefillPairs, decodeKeys }) => 1e9 * (prefillPairs + decodeKeys + 1)),
      64 / 65,
    ],
    ["a step of more than 128 tokens falls off a cliff: 128 a second", taking(({ tokens }) => (tokens > 128 ? 100e9 : 1e9)), 128],
  ])("%s", (_, stepTime, expected) => {
    expect(peakTokenRate(stepTime, roomyReplica)).toBeCloseTo(expected, 9);
  });

  it("stays within what the cache holds", () => {
    expect(
      peakTokenRate(
        taking(() => 1e9),
        { ...roomyReplica, numGpuBlocks: 3 },
      ),
    ).toBe(32);
  });
});
