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

/**
 * A race at every shape among the variants that are right on this device and suit it. All cold, as a step finds weights and keys. A shape
 * without a candidate has none.
 */
export const tuningJobs = (found: Findings, starting: LayerChoices, dtype: Dtype, shapes: TunedShapes): TuneJob[] => {
  const races = (family: string, at: readonly Shape[], choices: readonly Choice[]): TuneJob[] =>
    at.flatMap((shape): TuneJob[] => {
      const candidates = candidatesAt(found, family, dtype, shape);
      const standard = defaultAmong(candidates, choices, shape);
      if (standard === null) return [];
      return [
        {
          kind: "tune",
          id: ["tuning", family, dtype, ...named(shape)].join(" "),
          family,
          dtype,
          shape,
          cache: "cold",
          default: standard,
          candidates,
        },
      ];
    });
  return [
    ...races("matmul", shapes.matmul, starting.matmul),
    ...races("attention-decode", shapes.attention_decode, starting.attention_decode),
    ...races("attention-prefill", shapes.attention_prefill, starting.attention_prefill),
  ];
};
