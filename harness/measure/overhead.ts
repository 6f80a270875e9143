import type { MeasurementOf } from "../../src/profile/schema.ts";
import type { Seconds } from "../../src/units.ts";
import { commandsOf } from "./encodable.ts";
import { minimalDispatch } from "./minimal-dispatch.ts";
import { roundTrip } from "./wall-clock.ts";

/** Counts far enough apart that the wait for a submit, milliseconds, is small beside the difference. */
const DISPATCHES = [256, 2304] as const;
const SUBMITS = [20, 320] as const;
const SAMPLES = 15;

/** Seconds by which one more of something lengthens the whole: (T(many) − T(few)) over (many − few), sample by sample; 0 where noise makes it negative. */
const slopes = async ([few, many]: readonly [number, number], time: (count: number) => Promise<Seconds>): Promise<Seconds[]> => {
  await time(many);
  const samples: Seconds[] = [];
  for (let i = 0; i < SAMPLES; i++) samples.push(Math.max(0, (await time(many)) - (await time(few))) / (many - few));
  return samples;
};

/**
 * What launching costs by itself, encoding by the page included: one more dispatch in a pass, each depending on the one before;
 * one more submit of one dispatch, without waiting in between.
 */
export const measureOverhead = async (device: GPUDevice): Promise<Omit<MeasurementOf<"overhead">, "id">> => {
  const minimal = await minimalDispatch(device);
  const { queue } = device;
  try {
    return {
      kind: "overhead",
      dispatch_s: await slopes(DISPATCHES, (count) => roundTrip(queue, () => queue.submit([commandsOf(device, minimal, count)]))),
      submit_s: await slopes(SUBMITS, (count) =>
        roundTrip(queue, () => {
          for (let i = 0; i < count; i++) queue.submit([commandsOf(device, minimal, 1)]);
        }),
      ),
    };
  } finally {
    minimal.destroy();
  }
};
