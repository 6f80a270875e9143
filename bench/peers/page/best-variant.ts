import { variantById } from "../../../kernels/index.ts";
import { LeftOut } from "../../../harness/measure/left-out.ts";
import { timestampTickOrNull } from "../../../harness/measure/sampling/clock.ts";
import { timerFor } from "../../../harness/measure/sampling/timer.ts";
import { now } from "../../../harness/measure/sampling/wall-clock.ts";
import { prepareCase } from "../../../harness/measure/throughput.ts";
import { measureTuning } from "../../../harness/measure/tuning.ts";
import type { Seconds } from "../../../src/units.ts";
import type { PeerJob } from "../contract.ts";
import { candidates, isRight } from "./ballast.ts";

type TunedJob = Pick<PeerJob, "family" | "tunedAt" | "defaultVariant" | "isGpu">;

/** Ballast's tuned choice at a shape, made as a bench makes it, on samples of its own. Nothing else of the comparison knows how. */
export interface Tuner {
  /** The id of the choice at the job's shape for tuning, its default unless another is faster; the same answer when asked again. */
  best(job: TunedJob): Promise<string>;
}

/** Of a heat; a comparison has more time for it than a bench. */
const HEAT_LIMIT: Seconds = 6;
/** How a case's sampling would end by itself, which it does not here. */
const RULE = { fewest: 6, most: Infinity, noise: 0, shortest: 0, timeLimit: Infinity };

export const tunerFor = (device: GPUDevice): Tuner => {
  const known = new Map<string, Promise<string>>();
  const timer = timestampTickOrNull(device).then((tick) => timerFor(device, tick));

  const tuned = async ({ family, tunedAt: shape, defaultVariant: standard, isGpu }: TunedJob): Promise<string> => {
    const prepare = async (id: string) => {
      if (!(await isRight(device, id))) throw new LeftOut(`${id} is wrong on this device`);
      const variant = variantById(id);
      const options = { timer: await timer, flush: () => Promise.reject(new Error("calls are hot")), beyondCache: 0, rule: RULE };
      return { version: variant.version, runner: await prepareCase(device, { id, variant, shape, cache: "hot" }, options) };
    };
    const job = { kind: "tune", id: "tuning", family, dtype: "f32", shape, cache: "hot", default: standard } as const;
    const suiting = candidates(device, family, isGpu).filter((id) => variantById(id).suits?.(shape) ?? true);
    const { choice } = await measureTuning(
      { ...job, candidates: [...new Set([standard, ...suiting])] },
      { prepare, now, random: Math.random, heatLimit: HEAT_LIMIT },
    );
    return choice;
  };

  return {
    best: ({ family, tunedAt, defaultVariant, isGpu }) => {
      const job = { family, tunedAt, defaultVariant, isGpu };
      const key = JSON.stringify(job);
      const choice = known.get(key) ?? tuned(job);
      known.set(key, choice);
      return choice;
    },
  };
};
