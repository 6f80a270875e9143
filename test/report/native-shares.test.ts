import { describe, expect, it } from "vitest";
import { nativeReferenceSchema, type NativeReference } from "../../src/profile/native-reference.ts";
import type { Measurement, Profile } from "../../src/profile/schema.ts";
import { nativeLines, nativeShares } from "../../src/report/native-shares.ts";
import { gpuProfile } from "./samples.ts";

const GI = 2 ** 30;
const matmul = (
  dtype: "f32" | "tf32" | "f16" | "bf16",
  m: number,
  n: number,
  k: number,
  seconds: number,
): NativeReference["matmuls"][number] => ({
  dtype,
  m,
  n,
  k,
  samples_s: [seconds, 9 * seconds, seconds],
  runs_per_sample: 4,
  weight_copies: 2,
  worst_share_of_bound: 0.1,
});

const reference = nativeReferenceSchema.parse({
  tool: "cuda",
  device: "Example GPU",
  driver: "12.4",
  library: "cuBLAS 12.4.5",
  host_to_device: [
    { bytes: GI, chunk_bytes: GI, samples_s: [GI / 50e9], verified: true },
    { bytes: GI, chunk_bytes: 2 ** 20, samples_s: [GI / 25e9], verified: true },
  ],
  device_to_device: [{ bytes: GI, chunk_bytes: GI, samples_s: [(2 * GI) / 4e12], verified: true }],
  matmuls: [
    matmul("f16", 1000, 1000, 1000, 2e9 / 400e12),
    matmul("tf32", 1000, 1000, 1000, 2e9 / 300e12),
    matmul("f16", 1, 1000, 1000, (2 * (1000 + 1e6 + 1000)) / 4e12),
  ],
  notes: [],
} satisfies NativeReference);

/** WebGPU's side in closed form: one matmul of many tokens, two of one, a copy. */
const kernel = (variant: string, m: number, seconds: number, cache: "hot" | "cold"): Measurement => {
  const template = gpuProfile().measurements.find(({ kind }) => kind === "kernel");
  if (template?.kind !== "kernel") return expect.unreachable("the sample profile has kernels");
  return {
    ...template,
    id: `${variant} ${m} ${cache}`,
    family: "matmul",
    variant,
    dtype: "f16",
    shape: { m, n: 1000, k: 1000 },
    operations: 2e6 * m,
    bytes: 2e6,
    cache,
    timing: { ...template.timing, samples_s: [seconds], runs_per_sample: 1000 },
  };
};

const profile = (changes: Partial<Profile> = {}): Profile => {
  const sample = gpuProfile();
  const rest = sample.measurements.filter(({ kind }) => kind !== "kernel");
  const copy: Measurement = { ...kernel("vec4", 1, 2e9 / 3.9e12, "hot"), family: "copy", bytes: 2e9, operations: 0 } as Measurement;
  return {
    ...sample,
    native_reference: reference,
    measurements: [
      ...rest,
      copy,
      kernel("tiled", 2000, 4e9 / 100e12, "hot"),
      kernel("vec", 1, 2e6 / 8e12, "hot"),
      kernel("vec", 1, 2e6 / 3e12, "cold"),
    ],
    ...changes,
  };
};

const shareOf = (name: string, from = profile()) => nativeShares(from).find((share) => share.name === name);

describe("the share of what the machine does without a browser", () => {
  it("of memory is the copy kernel over the device copy, both counting bytes read and written", () => {
    expect(shareOf("memory")?.share).toBeCloseTo(3.9 / 4, 6);
  });

  it("of an upload is over the fastest pinned copy of any chunk size", () => {
    const share = shareOf("upload");
    expect(share?.of).toContain("50.0 GB/s by a copy from pinned memory");
    expect(share?.share).toBeLessThan(1);
  });

  it("of a matmul is over the library's of the same type, by medians", () => {
    expect(shareOf("f16 matmul")?.share).toBeCloseTo(100 / 400, 6);
  });

  it("of one token compares weights that lie in no cache", () => {
    expect(shareOf("f16 one token")?.share).toBeCloseTo(3 / 4, 2);
  });

  it("is not told where one side was not measured", () => {
    expect(nativeShares(profile({ native_reference: null }))).toEqual([]);
    expect(shareOf("f32 matmul")).toBeUndefined();
    const copiesOnly = profile({ native_reference: { ...reference, matmuls: [], library: null } });
    expect(nativeShares(copiesOnly).map(({ name }) => name)).toEqual(["upload", "memory"]);
  });

  it("names both figures", () => {
    expect(nativeLines(profile()).find(([name]) => name === "f16 matmul")).toEqual([
      "f16 matmul",
      "25 %",
      "100 TFLOP/s by tiled, m 2000 · n 1000 · k 1000; 400 TFLOP/s by cuBLAS 12.4.5, m 1,000 · n 1,000 · k 1,000",
    ]);
  });
});
