import { median } from "simple-statistics";
import { arithmeticRate, bandwidth, count, percent } from "../format.ts";
import { rankUploadsOrNull } from "../profile/best-upload.ts";
import type { NativeMatmul, NativeReference } from "../profile/native-reference.ts";
import { roofsOf } from "../profile/roofline.ts";
import type { Profile } from "../profile/schema.ts";
import { type KernelFigure, kernelFigures, shapeName } from "./kernel-figures.ts";

/** How much of what the machine does without a browser WebGPU reached. */
export interface NativeShare {
  readonly name: string;
  /** WebGPU's figure over the machine's own: 0.4 is 40 %. */
  readonly share: number;
  /** Both figures, in words. */
  readonly of: string;
}

/** A figure and what it is of; null where there is none. */
type Figure = { readonly value: number; readonly of: string } | null;

const largest = (figures: readonly NonNullable<Figure>[]): Figure => figures.toSorted((a, b) => b.value - a.value)[0] ?? null;

const ELEMENT_BYTES: Readonly<Record<NativeMatmul["dtype"], number>> = { f32: 4, tf32: 4, f16: 2, bf16: 2 };

const nativeRate = ({ m, n, k, samples_s }: NativeMatmul): number => (2 * m * n * k) / median(samples_s);
const nativeBandwidth = ({ dtype, m, n, k, samples_s }: NativeMatmul): number =>
  (ELEMENT_BYTES[dtype] * (m * k + n * k + m * n)) / median(samples_s);

const matmulsOf = (figures: readonly KernelFigure[], dtype: string, isOf: (m: number) => boolean): KernelFigure[] => {
  const matmuls = figures.filter(
    ({ measurement, isBelowClock }) =>
      measurement.family === "matmul" && measurement.dtype === dtype && isOf(measurement.shape["m"] ?? 0) && !isBelowClock,
  );
  // Weights that lie in a cache would be held against ones that do not.
  const cold = matmuls.filter(({ measurement }) => measurement.cache === "cold");
  return cold.length > 0 ? cold : matmuls;
};

const shareOf = (name: string, ours: Figure, native: Figure, unit: (value: number) => string): NativeShare[] =>
  ours === null || native === null || native.value === 0
    ? []
    : [{ name, share: ours.value / native.value, of: `${unit(ours.value)} by ${ours.of}; ${unit(native.value)} by ${native.of}` }];

const matmulShares = (figures: readonly KernelFigure[], { matmuls, library }: NativeReference): NativeShare[] =>
  (["f32", "f16"] as const).flatMap((dtype) => {
    const native = matmuls.filter((matmul) => matmul.dtype === dtype);
    const by = library ?? "the library";
    const described = ({ m, n, k }: NativeMatmul): string => `${by}, m ${count(m)} · n ${count(n)} · k ${count(k)}`;
    const most = Math.max(...figures.map(({ measurement }) => (measurement.family === "matmul" ? (measurement.shape["m"] ?? 0) : 0)));
    const webgpu = (m: number, value: (figure: KernelFigure) => number): Figure =>
      largest(
        matmulsOf(figures, dtype, (rows) => rows === m).map((figure) => ({
          value: value(figure),
          of: `${figure.measurement.variant}, ${shapeName(figure.measurement.shape)}`,
        })),
      );
    return [
      ...shareOf(
        `${dtype} matmul`,
        webgpu(most, ({ rate }) => rate),
        largest(native.map((matmul) => ({ value: nativeRate(matmul), of: described(matmul) }))),
        arithmeticRate,
      ),
      ...shareOf(
        `${dtype} one token`,
        webgpu(1, (figure) => figure.bandwidth),
        largest(native.filter(({ m }) => m === 1).map((matmul) => ({ value: nativeBandwidth(matmul), of: described(matmul) }))),
        bandwidth,
      ),
    ];
  });

/** Every figure that was measured both ways; none where the machine's own limits were not measured. */
export const nativeShares = (profile: Profile): NativeShare[] => {
  const reference = profile.native_reference;
  if (reference === null) return [];
  const figures = kernelFigures(profile);
  const upload = rankUploadsOrNull(profile.measurements)?.ways[0];
  const { memory } = roofsOf(profile);
  const copyRate = (passes: number) => (copies: NativeReference["host_to_device"]) =>
    copies.map(({ bytes, samples_s }) => (passes * bytes) / median(samples_s));
  const fastest = (rates: readonly number[], of: string): Figure => largest(rates.map((value) => ({ value, of })));
  return [
    ...shareOf(
      "upload",
      upload === undefined ? null : { value: (upload.repeated ?? upload.first).median, of: `${upload.method} into the same buffers again` },
      fastest(copyRate(1)(reference.host_to_device), "a copy from pinned memory"),
      bandwidth,
    ),
    ...shareOf(
      "memory",
      memory === null ? null : { value: memory.rate, of: memory.reachedBy.variant },
      fastest(copyRate(2)(reference.device_to_device), "a device copy, bytes read and written"),
      bandwidth,
    ),
    ...matmulShares(figures, reference),
  ];
};

/** The shares as lines of a figure and what it is a figure of. */
export const nativeLines = (profile: Profile): (readonly [name: string, value: string, rest: string])[] =>
  nativeShares(profile).map(({ name, share, of }) => [name, percent(share), of]);
