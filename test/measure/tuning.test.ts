import { describe, expect, it } from "vitest";
import { OutOfMemory } from "../../harness/measure/gpu-errors.ts";
import { LeftOut } from "../../harness/measure/left-out.ts";
import { measureTuning } from "../../harness/measure/tuning.ts";
import type { TuneJob } from "../../src/profile/jobs.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { messageOf } from "../message-of.ts";

interface Kernel {
  /** Seconds for one run. */
  readonly seconds: number;
  /** Of a sample's logarithm. */
  readonly noise?: number;
  readonly refuses?: Error;
}

/** Races kernels on a clock of its own; a turn takes as long as the kernel. */
const race = async (kernels: Readonly<Record<string, Kernel>>, standard: string, heatLimit = 1000) => {
  const stream = createStreams(17).named("race");
  const held = new Set<string>();
  let time = 0;
  let mostHeld = 0;
  let turns = 0;
  const job: TuneJob = {
    kind: "tune",
    id: "tuning",
    family: "matmul",
    dtype: "f32",
    shape: { m: 1, n: 1, k: 1 },
    cache: "cold",
    default: standard,
    candidates: Object.keys(kernels),
  };
  const tuning = await measureTuning(job, {
    now: () => time,
    random: () => stream.uniform(),
    heatLimit,
    prepare: (variant) => {
      const { seconds, noise = 0.01, refuses } = kernels[variant]!;
      if (refuses !== undefined) return Promise.reject(refuses);
      held.add(variant);
      mostHeld = Math.max(mostHeld, held.size);
      const take = () => {
        turns++;
        time += seconds;
        return Promise.resolve({ samples: [0, 1, 2].map(() => seconds * Math.exp(noise * stream.normal())), dropped: 0 });
      };
      return Promise.resolve({ version: 3, runner: { take, destroy: () => void held.delete(variant) } });
    },
  });
  expect(held.size).toBe(0);
  return { tuning, mostHeld, turns };
};

const many = (count: number, of: (i: number) => Kernel) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`v${i}`, of(i)]));

describe("a race of variants", () => {
  it.each([0, 7, 8, 19])("is won by the fastest, wherever it stands: place %i of 20", async (place) => {
    const { tuning } = await race(
      many(20, (i) => ({ seconds: i === place ? 1 : 1.3 + i / 10 })),
      "v3",
    );
    expect(tuning.choice).toBe(`v${place}`);
    expect(tuning.candidates).toHaveLength(20);
  });

  it("leaves the default where nothing is faster by more than fresh samples leave open", async () => {
    const { tuning } = await race(
      many(16, () => ({ seconds: 1, noise: 0.1 })),
      "v5",
    );
    expect(tuning.choice).toBe("v5");
  });

  it("never takes one that is slower than the default", async () => {
    for (const slower of [1.02, 1.1, 2]) {
      const { tuning } = await race({ standard: { seconds: 1 }, ...many(9, () => ({ seconds: slower, noise: 0.05 })) }, "standard");
      expect(tuning.choice).toBe("standard");
    }
  });

  it("spends few turns on what is hopeless", async () => {
    const { tuning } = await race({ fast: { seconds: 1 }, hopeless: { seconds: 50 }, near: { seconds: 1.05 } }, "near");
    const rounds = Object.fromEntries(tuning.candidates.map((candidate) => [candidate.variant, candidate.rounds]));
    expect(rounds["hopeless"]).toBe(1);
    expect(rounds["fast"]).toBeGreaterThan(3);
    expect(tuning).toMatchObject({ choice: "fast", runner_up: "near" });
  });

  it("believes only samples taken after it, of the first two and the default", async () => {
    const { tuning } = await race(
      many(10, (i) => ({ seconds: 1 + i })),
      "v9",
    );
    const fresh = tuning.candidates.filter(({ fresh_s }) => fresh_s !== null);
    expect(fresh.map(({ variant }) => variant)).toEqual(["v0", "v1", "v9"]);
    for (const { race_s, fresh_s } of fresh) expect(fresh_s).not.toEqual(expect.arrayContaining(race_s));
  });

  it("has no more than eight on the device at once", async () => {
    const { mostHeld } = await race(
      many(30, (i) => ({ seconds: 1 + i / 100 })),
      "v29",
    );
    expect(mostHeld).toBe(8);
  });

  it("is decided by what there is when its time is over", async () => {
    const { tuning, turns } = await race(
      many(8, (i) => ({ seconds: 1 + i / 50 })),
      "v0",
      1,
    );
    expect(tuning.candidates.every(({ rounds }) => rounds === 1)).toBe(true);
    expect(turns).toBe(8 + 2 * 16);
  });

  it("goes on without one that has no room or cannot be timed", async () => {
    const { tuning } = await race(
      {
        big: { seconds: 0.1, refuses: new OutOfMemory("no room") },
        wrong: { seconds: 0.1, refuses: new LeftOut("it is wrong") },
        good: { seconds: 1 },
      },
      "wrong",
    );
    expect(tuning.candidates.map(({ variant }) => variant)).toEqual(["good"]);
    expect(tuning).toMatchObject({ choice: "good", runner_up: null });
  });

  it("without any that can be timed is left out", async () => {
    const refusal = race({ a: { seconds: 1, refuses: new LeftOut("it is wrong") } }, "a").catch((error: unknown) =>
      messageOf(() => {
        throw error;
      }),
    );
    expect(await refusal).toContain("none of the candidates could be timed");
  });
});
