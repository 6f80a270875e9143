import type { MeasurementOf } from "../../src/profile/schema.ts";
import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import type { Seconds } from "../../src/units.ts";
import { commandsOf, type Encodable } from "./sampling/encodable.ts";
import { shuffled } from "./sampling/interleave.ts";
import { minimalDispatch } from "./sampling/minimal-dispatch.ts";
import { passTimer } from "./sampling/timestamps.ts";
import { now, roundTrip } from "./sampling/wall-clock.ts";

type Overhead = MeasurementOf<"overhead">;
type Counts = readonly [few: number, many: number];

/** Counts far enough apart that the wait for a submit, milliseconds, is small beside the difference. */
const DISPATCHES: Counts = [256, 2304];
const PASSES: Counts = [20, 320];
const SUBMITS: Counts = [20, 320];
const SAMPLES = 15;

/** Time of so many of something; null where the clock gave no duration. */
type TimeOf = (count: number) => Promise<Seconds | null>;

interface Case {
  readonly counts: Counts;
  readonly timeOf: TimeOf;
}

/** (T(many) − T(few)) / (many − few), which of the two comes first drawn anew each time; null where one of them is no duration. */
const slope = async ({ counts: [few, many], timeOf }: Case): Promise<number | null> => {
  const times = new Map<number, Seconds | null>();
  for (const count of shuffled([few, many], Math.random)) times.set(count, await timeOf(count));
  const [short, long] = [times.get(few) ?? null, times.get(many) ?? null];
  return short === null || long === null ? null : (long - short) / (many - few);
};

/**
 * What launching costs by itself, apart from any kernel's work: one more dispatch, pass or submit, each by the slope between few
 * and many, so that what every round trip costs drops out. Cases take turns in an order drawn anew each round. Slopes keep their sign.
 */
export const measureOverhead = async (device: GPUDevice): Promise<Omit<Overhead, "id">> => {
  const minimal = await minimalDispatch(device);
  const passes = device.features.has("timestamp-query") ? passTimer(device) : null;
  const { queue } = device;
  const inOnePass =
    (work: Encodable): TimeOf =>
    (count) =>
      roundTrip(queue, () => queue.submit([commandsOf(device, work, count)]));
  const onTheGpu =
    (work: Encodable): TimeOf =>
    async (count) =>
      (await passes?.time(work, count, 1))?.[0] ?? null;
  const cases = {
    dispatch_s: { counts: DISPATCHES, timeOf: inOnePass(minimal) },
    switched_dispatch_s: { counts: DISPATCHES, timeOf: inOnePass(minimal.switched) },
    pass_s: {
      counts: PASSES,
      timeOf: (count) =>
        roundTrip(queue, () => {
          const encoder = device.createCommandEncoder();
          for (let i = 0; i < count; i++) {
            const pass = encoder.beginComputePass();
            minimal.encode(pass, 1);
            pass.end();
          }
          queue.submit([encoder.finish()]);
        }),
    },
    submit_s: {
      counts: SUBMITS,
      timeOf: (count) =>
        roundTrip(queue, () => {
          for (let i = 0; i < count; i++) queue.submit([commandsOf(device, minimal, 1)]);
        }),
    },
    encode_s: {
      counts: DISPATCHES,
      timeOf: async (count) => {
        const started = now();
        commandsOf(device, minimal.switched, count);
        const time = now() - started;
        // The commands went to the GPU's process all the same: what comes next is not to wait for it.
        await roundTrip(queue, () => queue.submit([]));
        return time;
      },
    },
    gpu_dispatch_s: { counts: DISPATCHES, timeOf: onTheGpu(minimal) },
    gpu_switched_dispatch_s: { counts: DISPATCHES, timeOf: onTheGpu(minimal.switched) },
  } as const satisfies Record<string, Case>;
  type Name = keyof typeof cases;
  const names = Object.keys(cases) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  try {
    for (const name of names) await cases[name].timeOf(cases[name].counts[1]);
    for (let round = 0; round < SAMPLES; round++) {
      for (const name of shuffled(names, Math.random)) {
        const sample = await slope(cases[name]);
        if (sample !== null) samples[name].push(sample);
      }
    }
    const orNull = (found: number[]) => (found.length > 0 ? found : null);
    return {
      kind: "overhead",
      ...ONE_PROCESS,
      ...samples,
      gpu_dispatch_s: orNull(samples.gpu_dispatch_s),
      gpu_switched_dispatch_s: orNull(samples.gpu_switched_dispatch_s),
    };
  } finally {
    passes?.destroy();
    minimal.destroy();
  }
};
