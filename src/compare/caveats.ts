import { list } from "../format.ts";
import type { Profile } from "../profile/schema.ts";
import { measurementsOf } from "../calibration/measured.ts";
import type { ComparedDevice } from "./schema.ts";

/** A device with all that was measured on it. */
export type DescribedDevice = ComparedDevice & { readonly measured: Profile };

/**
 * What a reader must know before any number: everything but the device that differs between the profiles, the gravest first, and what makes a profile
 * weak by itself.
 */
export const caveatsOf = (devices: readonly DescribedDevice[]): string[] => {
  const differs = (what: string, of: (device: DescribedDevice) => string, therefore: string): string[] => {
    const values = new Set(devices.map(of));
    return values.size < 2 ? [] : [`${what} differ: ${sharing(devices, of)}. ${therefore}`];
  };
  const software = devices.filter(({ is_gpu }) => !is_gpu);
  const quick = devices.filter(({ measured }) => measured.is_quick);
  const busy = devices.filter(({ measured }) => measured.environment.other_gpu_processes.length > 0);
  return [
    ...differs(
      "Conditions",
      ({ condition }) => condition,
      "Their times are of different browser settings, so no ratio below speaks of the devices alone.",
    ),
    ...differs("Runtimes", ({ runtime }) => runtime, "Their times are of different programs around the same kernels."),
    ...(software.length === 0
      ? []
      : software.length === devices.length
        ? ["No device here is a GPU. These numbers check the pipeline and say nothing of any GPU."]
        : [`${labels(software)} ${software.length === 1 ? "is" : "are"} not a GPU: the numbers there say nothing of any GPU.`]),
    ...differs("Element types", ({ dtype }) => dtype, "Loads, steps and requests are each in the device's own."),
    ...differs("Browser versions", ({ browser }) => browser, "A difference may be the browser's."),
    ...(software.length > 0
      ? differs(
          "Processors",
          ({ measured }) => `${measured.environment.cpu} with ${measured.environment.cpu_cores} cores`,
          "A software adapter is as fast as they are.",
        )
      : []),
    ...versionCaveats(devices),
    ...(quick.length === 0 ? [] : [`${labels(quick)}: a quick run, with coarse curves and few samples.`]),
    ...(busy.length === 0 ? [] : [`${labels(busy)}: other programs used the GPU when the run began.`]),
  ];
};

const labels = (devices: readonly DescribedDevice[]): string => list(devices.map(({ label }) => label));

/** `A: web; B and C: native-like` */
const sharing = (devices: readonly DescribedDevice[], of: (device: DescribedDevice) => string): string =>
  [...new Set(devices.map(of))].map((value) => `${labels(devices.filter((device) => of(device) === value))}: ${value}`).join("; ");

/** Kernels whose text changed between the programs that measured them: a change of time may be the kernel's. */
const versionCaveats = (devices: readonly DescribedDevice[]): string[] => {
  const versions = new Map<string, Set<number>>();
  for (const { measured } of devices) {
    for (const { variant, version } of measurementsOf(measured, "kernel")) {
      versions.set(variant, (versions.get(variant) ?? new Set()).add(version));
    }
  }
  const changed = [...versions].filter(([, seen]) => seen.size > 1).map(([variant]) => variant);
  return changed.length === 0 ? [] : [`Kernels differ in their version: ${list(changed)}. A difference there may be the kernel's.`];
};
