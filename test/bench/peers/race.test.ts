import { describe, expect, it } from "vitest";
import type { Way } from "../../../bench/peers/page/contender.ts";
import type { Judge } from "../../../bench/peers/page/judge.ts";
import { fastestWay, type RaceTrack } from "../../../bench/peers/page/race.ts";

/** A device whose queue is always done: the ways themselves take the time. */
const track: RaceTrack = {
  device: { queue: { onSubmittedWorkDone: async () => undefined } } as unknown as GPUDevice,
  watch: { settle: async (work) => ({ kind: "done", value: await work() }) },
  tuner: { best: async () => "none" },
};

/** Right where the result is 1. */
const judge: Judge = {
  compared: 1,
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
    const { best, tried } = await fastestWay(track, [way("slow", 60, 1, events), way("quick", 1, 1, events)], judge);
    expect(best?.way).toBe("quick");
    expect(tried.map(({ way, because }) => [way, because])).toEqual([
      ["slow", null],
      ["quick", null],
    ]);
    expect(events.filter((event) => event.endsWith("freed"))).toEqual(["slow freed"]);
  });

  it("a wrong one is never timed, is freed, and says how wrong", async () => {
    const events: string[] = [];
    const { best, tried } = await fastestWay(track, [way("wrong", 1, 2, events)], judge);
    expect(best).toBeNull();
    expect(events).toEqual(["wrong freed"]);
    expect(tried).toMatchObject([{ way: "wrong", seconds: null, because: "wrong: off by 1.0e+0 of Σ|a·b|, 9.0 times what f32 allows" }]);
  });

  it("one that throws has its own words for a reason, and the next is tried", async () => {
    const failing: Way = { name: "failing", prepare: () => Promise.reject(new Error("no such operator")) };
    const { best, tried } = await fastestWay(track, [failing, way("right", 1, 1, [])], judge);
    expect(best?.way).toBe("right");
    expect(tried[0]).toEqual({ way: "failing", seconds: null, error: null, because: "no such operator" });
  });
});
