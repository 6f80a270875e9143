import { median } from "simple-statistics";
import type { NativeMatmul } from "../../profile/native-reference.ts";
import type { Profile } from "../../profile/schema.ts";
import { stepDtype } from "../dtype.ts";
import { measuredKernels } from "../measured.ts";
import type { AnchorPoint, ReadAnchor } from "./point.ts";

/**
 * What a profile's native reference says of its own GPU: copies from pinned memory anchor the load; the vendor library's matmuls, each beside
 * WebGPU's fastest at the very same shape and type, anchor the steps.
 *
 * @param place the profile's file
 */
export const nativeAnchor = (profile: Profile, place: string): ReadAnchor | null => {
  const { native_reference: reference } = profile;
  if (reference === null) return null;
  const { library, host_to_device, matmuls } = reference;
  const dtype = stepDtype(profile);
  const ours = measuredKernels(profile, "matmul", dtype);
  const shapeName = ({ m, n, k }: Pick<NativeMatmul, "m" | "n" | "k">) => `${m}×${n}×${k}`;
  const secondsAt = (shape: string): number =>
    Math.min(...ours.filter(({ shape: { m = 0, n = 0, k = 0 } }) => shapeName({ m, n, k }) === shape).map(({ seconds }) => seconds));
  const steps = matmuls
    .filter((matmul) => matmul.dtype === dtype)
    .flatMap((matmul): AnchorPoint[] => {
      const shape = shapeName(matmul);
      const ratio = median(matmul.samples_s) / secondsAt(shape);
      if (!(ratio > 0)) return []; // WebGPU did not measure it
      const engine = `the matmuls of ${library ?? "the vendor's library"}`;
      return [{ curve: "matmul", engine, source: `${place}: ${dtype} matmul ${shape}`, tokens: matmul.m, ratio }];
    });
  return {
    points: [
      ...host_to_device.map(({ bytes, chunk_bytes, samples_s }) => ({
        curve: "load" as const,
        engine: "CUDA",
        source: `${place}: pinned copy of ${bytes} bytes in chunks of ${chunk_bytes}`,
        bandwidth: bytes / median(samples_s),
      })),
      ...steps,
    ],
    notes: [
      `${place}: the link's speed with pinned memory, which an engine that reads weights from files does not reach.`,
      ...(steps.length === 0
        ? []
        : [
            `${place}: whole steps are rescaled as the vendor's matmuls of the same shapes are faster at as many tokens; that attention, the small kernels and the CPU's part gain as much was not measured.`,
          ]),
    ],
  };
};
