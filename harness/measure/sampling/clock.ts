import type { MeasurementOf } from "../../../src/profile/schema.ts";
import { smallestStep } from "../../../src/stats/smallest-step.ts";
import type { Seconds } from "../../../src/units.ts";
import { commandsOf } from "./encodable.ts";
import { minimalDispatch } from "./minimal-dispatch.ts";
import { MOST_PASSES, passTimer } from "./timestamps.ts";
import { roundTrips } from "./wall-clock.ts";

const TICK_SUBMITS = 8;
const STEPS = 50;
const ROUND_TRIPS = 50;

/**
 * The tick of GPU timestamps: the smallest step between the durations of short passes of different lengths. Null without
 * `timestamp-query`.
 */
export const timestampTickOrNull = async (device: GPUDevice): Promise<Seconds | null> => {
  if (!device.features.has("timestamp-query")) return null;
  const passes = passTimer(device);
  const minimal = await minimalDispatch(device);
  try {
    const nanoseconds = new Set<number>();
    for (let submit = 0; submit < TICK_SUBMITS; submit++) {
      for (const duration of await passes.time(minimal, 1 + submit, MOST_PASSES)) {
        if (duration !== null) nanoseconds.add(Math.round(duration * 1e9));
      }
    }
    return smallestStep([0, ...nanoseconds]) / 1e9;
  } finally {
    passes.destroy();
    minimal.destroy();
  }
};

/** The smallest step of the page's clock, watched while it ticks. */
const performanceNowStep = (): Seconds => {
  const readings = [performance.now()];
  while (readings.length <= STEPS) {
    const reading = performance.now();
    if (reading !== readings.at(-1)) readings.push(reading);
  }
  return smallestStep(readings) / 1000;
};

/** What the clocks of this page and device can see, and what waiting for a submit costs at least. */
export const measureClock = async (device: GPUDevice, tick: Seconds | null): Promise<Omit<MeasurementOf<"clock">, "id">> => {
  const minimal = await minimalDispatch(device);
  try {
    const { queue } = device;
    const submitSmall = () => queue.submit([commandsOf(device, minimal, 1)]);
    await roundTrips(queue, 3, submitSmall);
    return {
      kind: "clock",
      timestamp_tick_s: tick,
      performance_now_step_s: performanceNowStep(),
      empty_submit_s: await roundTrips(queue, ROUND_TRIPS, () => queue.submit([])),
      small_submit_s: await roundTrips(queue, ROUND_TRIPS, submitSmall),
    };
  } finally {
    minimal.destroy();
  }
};
