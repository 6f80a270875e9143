import type { Contestant, PeersReport, Race } from "../../../bench/peers/contract.ts";

export const timed = (name: string, way: string, milliseconds: readonly number[]): Contestant => ({
  name,
  way,
  samples_s: milliseconds.map((time) => time / 1000),
  calls_per_sample: 4,
  error: { of_magnitudes: 2e-7, of_bound: 0.004 },
  because: null,
  tried: [{ way, seconds: milliseconds[0]! / 1000, error: { of_magnitudes: 2e-7, of_bound: 0.004 }, because: null }],
});

export const out = (name: string, because: string): Contestant => ({
  name,
  way: null,
  samples_s: [],
  calls_per_sample: null,
  error: null,
  because,
  tried: [],
});

export const race = (id: string, contestants: readonly Contestant[]): Race => ({
  id,
  family: "matmul",
  shape: { m: 1, n: 1, k: 1 },
  tuned_at: { m: 1, n: 1, k: 1 },
  operations: 2,
  compared: 1,
  contestants: [...contestants],
});

export const report = (races: readonly Race[]): PeersReport => ({
  schema: "ballast.peers/2",
  device: "SwiftShader (software)",
  browser: "Chrome/156",
  is_software: true,
  rounds: 6,
  libraries: [
    { name: "jax-js", version: "0.1.25", device: "the page's device" },
    { name: "tfjs", version: "4.22.0", device: "the page's device" },
  ],
  overhead: null,
  races: [...races],
  left_out: [{ id: "2048×2048×2048", because: "no answer from the page in 900 s" }],
});
