import { sum } from "simple-statistics";
import type { DeviceModel } from "../calibration/device-model.ts";
import { curveSeconds, decodeWork } from "../calibration/step-seconds.ts";
import { measurementsOf } from "../calibration/measured.ts";
import { count, list, significant } from "../format.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import { quotedContext } from "./step-figures.ts";

/** Energy of one output token at a batch. */
export interface EnergyFigure {
  readonly sequences: number;
  readonly joulesPerToken: number;
  /** Mean power of the GPU in such a step. */
  readonly watts: number;
}

const BATCHES = [1, 8, 32] as const;

type Kernel = MeasurementOf<"kernel">;

/** How much of a step a matmul stands for: its weights. */
const weights = ({ shape }: Kernel): number => (shape["n"] ?? 0) * (shape["k"] ?? 0);

/**
 * Power of a decode step: that of whole decoder layers that only decode this many sequences where they were measured, else of the
 * linear layers of as many tokens, weighted by their size, since their weights are most of what such a step reads. Null where the power
 * of neither is known.
 */
const decodePower = (profile: Profile, sequences: number): number | null => {
  const known = measurementsOf(profile, "kernel").filter(({ power_w, cache }) => power_w !== null && cache === "cold");
  const layers = known.filter(
    ({ family, shape }) => family === "decoder-layer" && shape["decode_sequences"] === sequences && !shape["prefill_tokens"],
  );
  const used = layers.length > 0 ? layers : known.filter(({ family, shape }) => family === "matmul" && shape["m"] === sequences);
  const weightOf = layers.length > 0 ? () => 1 : weights;
  const total = sum([0, ...used.map(weightOf)]);
  return total === 0 ? null : sum(used.map((kernel) => weightOf(kernel) * (kernel.power_w ?? 0))) / total;
};

/**
 * Joules for each output token when 1, 8 or 32 sequences decode together: mean power in such a step × the step's seconds ÷ sequences.
 *
 * The GPU's own power only, as its tool tells it, without the rest of the machine; prefill not included. Tools average power over up to a
 * second, so that where measurements were interleaved one's power leans to the others'.
 *
 * @returns none where power was not known, or the step curve does not reach so many sequences
 */
export const energyFigures = (profile: Profile, model: DeviceModel): EnergyFigure[] =>
  BATCHES.flatMap((sequences) => {
    const [fewest, most] = model.step.valid.decode_sequences;
    const watts = sequences < fewest || sequences > most ? null : decodePower(profile, sequences);
    if (watts === null) return [];
    const seconds = curveSeconds(model.step, decodeWork(sequences, quotedContext(model.step)));
    return [{ sequences, joulesPerToken: (watts * seconds) / sequences, watts }];
  });

/** One sentence; null where no energy is known. */
export const energySentenceOrNull = (profile: Profile, model: DeviceModel): string | null => {
  const figures = energyFigures(profile, model);
  if (figures.length === 0) return null;
  const each = figures.map(
    ({ sequences, joulesPerToken, watts }) => `${significant(joulesPerToken)} J at batch ${count(sequences)} (${count(watts)} W)`,
  );
  return `Energy of an output token, GPU alone, decode at ${count(quotedContext(model.step))} tokens of context: ${list(each)}; power averaged over interleaved measurements, so approximate.`;
};
