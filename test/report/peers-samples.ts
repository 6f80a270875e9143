import { type Contestant, DEFAULT, PEERS_SCHEMA, type PeerTable, type Race, TUNED } from "../../src/report/peers-schema.ts";
import { softwareProfile } from "./samples.ts";

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

/** A table of these races on the machine and in the browser of `softwareProfile()`. */
export const peerTable = (races: readonly Race[], fields: Partial<PeerTable> = {}): PeerTable => {
  const { device, is_gpu, condition, ballast_version, environment } = softwareProfile();
  const { os, cpu, cpu_cores, memory_bytes, node, browser, adapter } = environment;
  const { vendor, architecture, device: name, description, driver } = adapter;
  return {
    schema: PEERS_SCHEMA,
    device,
    is_gpu,
    condition,
    ballast_version,
    started_at: "2026-11-20T10:00:00.000Z",
    ended_at: "2026-11-20T10:30:00.000Z",
    environment: { os, cpu, cpu_cores, memory_bytes, node, browser, adapter: { vendor, architecture, device: name, description, driver } },
    selection: "quick",
    rounds: 6,
    libraries: [
      { name: "jax-js", version: "0.1.25", device: "the page's device" },
      { name: "tfjs", version: "4.22.0", device: "the page's device" },
    ],
    kernels: { "matmul/tiled-f32": 1 },
    overhead: null,
    races: [...races],
    left_out: [{ id: "2048×2048×2048", because: "no answer from the page in 900 s" }],
    ...fields,
  };
};

const six = (time: number): number[] => [time, 1.05 * time, 0.95 * time, time, 1.02 * time, 0.98 * time];

/** One shape that Ballast wins and one that it loses; at the first a peer is wrong, at the second one is too slow. */
export const wonAndLost: readonly Race[] = [
  race("1×2048×2048", [
    timed(DEFAULT, "matmul/matvec-f32", six(4)),
    timed(TUNED, "matmul/registers-f32", six(2)),
    timed("jax-js", "jit(matmul(a, b))", [4, 4.1, 3.9, 4, 4.1, 3.9]),
    out("tfjs", "wrong: off by 1.0e+0 of Σ|a·b|"),
  ]),
  race("decode 1 at 128", [
    timed(DEFAULT, "attention-decode/split-f32", [8, 8, 8, 8, 8, 8]),
    timed(TUNED, "attention-decode/split-f32", [8, 8, 8, 8, 8, 8]),
    timed("jax-js", "jit(nn.dotProductAttention)", [6, 6.1, 5.9, 6, 6.2, 5.8]),
    out("tfjs", "one call takes 61.0 s: too long for 6 rounds"),
  ]),
];
