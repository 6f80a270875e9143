import type { Shape } from "../../../kernels/kernel.ts";
import type { Seconds } from "../../../src/units.ts";
import { distance, type Family, nearestOrNull } from "../shapes.ts";
import { candidates, isRight, variantAt } from "./ballast.ts";
import { callsFor, type Contender, timedCalls } from "./contender.ts";

/**
 * Ballast's tuned choice at a shape: every variant of the family is timed and the fastest taken. Nothing else of the comparison
 * knows how the choice is made.
 */
export interface Tuner {
  /** The id of the fastest variant at this shape; the same answer when asked again. */
  best(family: Family, shape: Shape): Promise<string>;
}

/** A variant slower than the best by more than this at a shape nearby is not tried here. */
const HOPELESS = 8;
/** Shapes whose sizes differ by less than this (as a logarithm) are nearby. */
const NEARBY = Math.log(8);
/** Variants whose second call took longer than this beside the fastest are not called again. */
const SLOW = 2;
const LENGTH: Seconds = 0.08;
const ROUNDS = 3;

export const tunerFor = (device: GPUDevice): Tuner => {
  const timed: { readonly family: Family; readonly shape: Shape; readonly times: ReadonlyMap<string, Seconds> }[] = [];
  const fastestOf = (times: ReadonlyMap<string, Seconds>): string => {
    const [best] = [...times].sort((a, b) => a[1] - b[1]);
    if (best === undefined) throw new Error("no variant of the family runs on this device");
    return best[0];
  };

  const hopeful = (family: Family, shape: Shape): string[] => {
    const others = timed.filter((known) => known.family === family && distance(known.shape, shape) < NEARBY);
    const near = nearestOrNull(
      shape,
      others.map((known) => known.shape),
    );
    const times = others.find((known) => known.shape === near)?.times;
    if (times === undefined) return candidates(device, family);
    const least = Math.min(...times.values());
    return candidates(device, family).filter((id) => (times.get(id) ?? 0) <= HOPELESS * least);
  };

  const measure = async (family: Family, shape: Shape): Promise<ReadonlyMap<string, Seconds>> => {
    const times = new Map<string, Seconds>();
    let ready: { readonly id: string; readonly contender: Contender; readonly once: Seconds }[] = [];
    /** Frees what is hopeless beside the best so far: weights of many variants would not fit beside each other. */
    const thin = async () => {
      const least = Math.min(...times.values());
      for (const { contender } of ready.filter(({ once }) => once > SLOW * least)) await contender.destroy();
      ready = ready.filter(({ once }) => once <= SLOW * least);
    };
    try {
      for (const id of hopeful(family, shape)) {
        if (!(await isRight(device, id))) continue;
        const contender = await variantAt(device, id, shape).prepare();
        await timedCalls(device.queue, contender, 1);
        const once = await timedCalls(device.queue, contender, 1);
        times.set(id, once);
        ready.push({ id, contender, once });
        await thin();
      }
      for (let round = 0; round < ROUNDS; round++) {
        for (const { id, contender, once } of ready) {
          const seconds = await timedCalls(device.queue, contender, callsFor(once, LENGTH));
          times.set(id, round === 0 ? seconds : Math.min(seconds, times.get(id)!));
        }
      }
      return times;
    } finally {
      for (const { contender } of ready) await contender.destroy();
    }
  };

  return {
    best: async (family, shape) => {
      const known = timed.find((each) => each.family === family && distance(each.shape, shape) === 0);
      if (known !== undefined) return fastestOf(known.times);
      const times = await measure(family, shape);
      timed.push({ family, shape, times });
      return fastestOf(times);
    },
  };
};
