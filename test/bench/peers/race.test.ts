import { describe, expect, it } from "vitest";
import type { Way } from "../../../bench/peers/page/contender.ts";
import type { Judge } from "../../../bench/peers/page/judge.ts";
import { contending, contendingWays, type RaceTrack } from "../../../bench/peers/page/race.ts";

/** A device whose queue is always done: the ways themselves take the time. */
const track: RaceTrack = {
  device: { queue: { onSubmittedWorkDone: async () => undefined } } as unknown as GPUDevice,
  watch: { settle: async (work) => ({ kind: "done", value: await work() }) },
  tuner: { best: async () => "none" },
};

/** Right where the result is 1. */
const judge: Judge = {
  compared: 1,
  likely: 1e-6,
  deviation: (output) => ({ of_magnitudes: Math.abs(output[0]! - 1), of_bound: output[0] === 1 ? 0 : 9 }),
};

const sleep = (time: number) => new Promise<void>((resolve) => setTimeout(resolve, time));

const way = (name: string, time: number, value: number, events: string[]): Way => ({
  name,
  prepare: async () => ({
    issue: async (calls) => {
      events.push(`${name} timed`);
      await sleep(calls * time);
    },
    output: async () => [value],
    destroy: () => {
      events.push(`${name} freed`);
    },
  }),
});

describe("the way a library takes part with", () => {
  it("is the fastest that is right; the beaten one is freed", async () => {
    const events: string[] = [];
    const { ready, tried } = await contendingWays(track, [way("slow", 60, 1, events), way("quick", 1, 1, events)], judge);
    expect(ready.map(({ way }) => way)).toEqual(["quick"]);
    expect(tried.map(({ way, because }) => [way, because])).toEqual([
      ["slow", null],
      ["quick", null],
    ]);
    expect(events.filter((event) => event.endsWith("freed"))).toEqual(["slow freed"]);
  });

  it("a wrong one is never timed, is freed, and says how wrong", async () => {
    const events: string[] = [];
    const { ready, tried } = await contendingWays(track, [way("wrong", 1, 2, events)], judge);
    expect(ready).toEqual([]);
    expect(events).toEqual(["wrong freed"]);
    expect(tried).toMatchObject([{ way: "wrong", seconds: null, because: "wrong: off by 1.0e+0 of Σ|a·b|, 9.0 times what f32 allows" }]);
  });

  it("one within the bound is wrong all the same where it is off by more than roundings come to", async () => {
    const strict: Judge = { ...judge, deviation: () => ({ of_magnitudes: 2e-6, of_bound: 0.5 }) };
    const { ready, tried } = await contendingWays(track, [way("coarse", 1, 1, [])], strict);
    expect(ready).toEqual([]);
    expect(tried[0]?.because).toBe("wrong: off by 2.0e-6 of Σ|a·b|, and f32 is hardly ever off by 1.0e-6");
  });

  it("is any within a fifth of the fastest until the rounds tell", () => {
    const ways = [1.25, 1, 1.19, 3].map((seconds) => ({ seconds }));
    expect(contending(ways).map(({ seconds }) => seconds)).toEqual([1, 1.19]);
    expect(contending([])).toEqual([]);
  });

  it("one on a device that is lost ends the race", async () => {
    const result = { kind: "device-lost", because: "the GPU device was lost: unplugged" } as const;
    const lost: RaceTrack = { ...track, watch: { settle: async () => ({ kind: "refused", result, isMemory: false }) } };
    await expect(contendingWays(lost, [way("right", 1, 1, [])], judge)).rejects.toMatchObject({ result });
  });

  it("one that throws has its own words for a reason, and the next is tried", async () => {
    const failing: Way = { name: "failing", prepare: () => Promise.reject(new Error("no such operator")) };
    const { ready, tried } = await contendingWays(track, [failing, way("right", 1, 1, [])], judge);
    expect(ready.map(({ way }) => way)).toEqual(["right"]);
    expect(tried[0]).toEqual({ way: "failing", seconds: null, error: null, because: "no such operator" });
  });
});
