import type { Dtype, Shape } from "../../kernels/kernel.ts";
import type { Choice, LayerChoices } from "../../kernels/layer/choices.ts";
import { candidatesAt, defaultAmong } from "./choose.ts";
import type { Findings, TuneJob } from "./jobs.ts";

/** Shapes at which variants race, by the part of a layer that they are for. */
export interface TunedShapes {
  readonly matmul: readonly Shape[];
  readonly attention_prefill: readonly Shape[];
  readonly attention_decode: readonly Shape[];
}

const named = (sizes: Shape): string[] => Object.entries(sizes).map(([name, size]) => `${name}=${size}`);

/** The same for the same race in every profile. */
export const raceId = (family: string, dtype: Dtype, shape: Shape): string => ["tuning", family, dtype, ...named(shape)].join(" ");

/**
 * A race of a family at every shape among the variants that are right on this device and suit it. All cold, as a step finds weights and keys.
 * None where there is no candidate, and where an earlier run's choice was taken over.
 *
 * @param starting the variants to beat
 */
export const races = (found: Findings, family: string, dtype: Dtype, shapes: readonly Shape[], starting: readonly Choice[]): TuneJob[] =>
  shapes.flatMap((shape): TuneJob[] => {
    const candidates = candidatesAt(found, family, dtype, shape);
    const standard = defaultAmong(candidates, starting, shape);
    const id = raceId(family, dtype, shape);
    if (
      standard === null ||
      found.measurements.some((known) => known.id === id && known.kind === "tuning" && candidates.includes(known.choice))
    )
      return [];
    return [{ kind: "tune", id, family, dtype, shape, cache: "cold", default: standard, candidates }];
  });

/** The races that decide what a layer is made of. */
export const tuningJobs = (found: Findings, starting: LayerChoices, dtype: Dtype, shapes: TunedShapes): TuneJob[] => [
  ...races(found, "matmul", dtype, shapes.matmul, starting.matmul),
  ...races(found, "attention-decode", dtype, shapes.attention_decode, starting.attention_decode),
  ...races(found, "attention-prefill", dtype, shapes.attention_prefill, starting.attention_prefill),
];
