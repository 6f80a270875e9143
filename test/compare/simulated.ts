import type { MeasurementOf, Profile } from "../../src/profile/schema.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { profileOf } from "../calibration/synthetic.ts";

/** A machine's noise, as relative standard deviations. */
export interface Noise {
  /** What holds for a whole run of the program, drawn anew for each row. */
  readonly run: number;
  /** What holds for one turn. */
  readonly turn: number;
  readonly sample: number;
}

export interface SimulatedRun {
  readonly seed: number;
  readonly noise: Noise;
  readonly rows?: number;
  readonly turns?: number;
  readonly samplesPerTurn?: number;
  /** What a row's true time is multiplied by: all of them by the same, or each by its own. */
  readonly slowdown?: number | ((row: number) => number);
  readonly changes?: Partial<Profile>;
}

/** Rows of one kernel variant, as a profile has them: shapes of one kernel. */
export const ROWS_A_VARIANT = 10;

/**
 * A profile of kernels whose true times are known: 50 µs and its multiples, with log-normal noise between runs, between turns and between
 * samples. Rows come in variants of ten.
 */
export const simulatedRun = (request: SimulatedRun): Profile => {
  const { seed, noise, rows = 60, turns = 10, samplesPerTurn = 5, slowdown = 1, changes = {} } = request;
  const streams = createStreams(seed);
  const measurements = Array.from({ length: rows }, (_, row): MeasurementOf<"kernel"> => {
    const stream = streams.named(`row-${row}`);
    const factor = typeof slowdown === "number" ? slowdown : slowdown(row);
    const level = 5e-5 * (1 + row) * factor * stream.logNormal(0, noise.run);
    const samples = Array.from({ length: turns }, () => {
      const mood = stream.logNormal(0, noise.turn);
      return Array.from({ length: samplesPerTurn }, () => level * mood * stream.logNormal(0, noise.sample));
    });
    const variant = `kernel/${Math.floor(row / ROWS_A_VARIANT)}`;
    return {
      kind: "kernel",
      id: `${variant} m=${row} hot`,
      family: "kernel",
      variant,
      version: 1,
      dtype: "f32",
      shape: { m: row },
      operations: 0,
      bytes: 0,
      cache: "hot",
      rotated_bytes: 0,
      power_w: null,
      timing: {
        kind: "gpu-timestamp",
        samples_s: samples.flat(),
        runs_per_sample: 4,
        dropped: 0,
        throttled: 0,
        visits: samples.map((taken, i) => ({ samples: taken.length, at_s: i, took_s: 0.1, process: 0 })),
        process_noise: null,
        stopping: { reason: "noise", noise: 0.005, noise_limit: 0.005 },
      },
    };
  });
  return profileOf(measurements, changes);
};
