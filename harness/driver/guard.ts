import { InputError } from "../../src/errors.ts";
import type { Adapter } from "../../src/profile/schema.ts";
import { isSoftware, softwareNameOrNull } from "../../src/profile/software-adapter.ts";
import type { SystemGpu } from "./session.ts";
import type { NativeGpu } from "./machine/system-gpu.ts";

/** An adapter the browser handed out, with the GPUs that the browser itself knows of. */
export interface SeenAdapter {
  readonly adapter: Adapter;
  readonly systemGpus: readonly SystemGpu[];
}

/** What a measurement may be said to be of. */
export interface Verdict {
  /** false: a software adapter, whose numbers say nothing of any GPU. */
  readonly isGpu: boolean;
  /** Name for people and folders. */
  readonly device: string;
  /** The same GPU as the system's own tool names it. */
  readonly native: NativeGpu | null;
  readonly notes: readonly string[];
}

/** PCI vendor ids of the vendors that WebGPU names. */
const VENDOR_IDS: Readonly<Record<string, number>> = { nvidia: 0x10de, amd: 0x1002, intel: 0x8086, apple: 0x106b, qualcomm: 0x5143 };

/** The adapter in the browser's words: "nvidia hopper, NVIDIA H200". */
export const adapterName = ({ vendor, architecture, device, description }: Adapter): string => {
  const parts = [`${vendor} ${architecture}`.trim(), description || device].filter((part) => part !== "");
  return parts.length > 0 ? parts.join(", ") : "an adapter without a name";
};

/** Vendor of a native name, in WebGPU's words; null where the name does not tell. */
const vendorOf = ({ tool, name }: NativeGpu): string | null => {
  if (tool === "nvidia-smi") return "nvidia";
  return ["apple", "amd", "intel", "nvidia"].find((vendor) => name.toLowerCase().includes(vendor)) ?? null;
};

const contains = (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase());

/** The native GPU that an adapter is: the one whose name it bears, else the only kind of that vendor. */
const nativeOf = (adapter: Adapter, natives: readonly NativeGpu[]): NativeGpu | null => {
  const ofVendor = natives.filter((native) => vendorOf(native) === adapter.vendor);
  const named = ofVendor.find(({ name }) => contains(`${adapter.description} ${adapter.device}`, name));
  if (named !== undefined) return named;
  const [first] = ofVendor;
  return first !== undefined && ofVendor.every(({ name }) => name === first.name) ? first : null;
};

/** The browser's own name of an adapter's GPU, where exactly one of that vendor is there. */
const systemNameOf = (adapter: Adapter, gpus: readonly SystemGpu[]): string | null => {
  const ofVendor = gpus.filter(({ vendorId, device }) => vendorId === VENDOR_IDS[adapter.vendor] && device !== "");
  return ofVendor.length === 1 ? (ofVendor[0]?.device ?? null) : null;
};

/** Whether `--gpu NAME` means this adapter: its vendor, its name, or its native name contains NAME, in any case. */
export const isAskedFor = (asked: string, { adapter, systemGpus }: SeenAdapter, natives: readonly NativeGpu[]): boolean =>
  !isSoftware(adapter) &&
  [adapterName(adapter), adapter.device, nativeOf(adapter, natives)?.name, systemNameOf(adapter, systemGpus)].some(
    (name) => name !== null && name !== undefined && contains(name, asked),
  );

/**
 * Why an adapter that is no match must not be measured in place of the GPU that was asked for, or that the system says is there.
 * The guard fails closed: a rate measured on the wrong adapter looks like any other.
 *
 * @param asked `--gpu NAME`, or null
 * @param seen every adapter the browser handed out while it was asked for a GPU
 */
export const refusal = (asked: string | null, seen: readonly SeenAdapter[], natives: readonly NativeGpu[]): InputError | null => {
  const names = [...new Set(seen.map(({ adapter }) => adapterName(adapter) + (isSoftware(adapter) ? " (software)" : "")))];
  const found = names.length === 0 ? "no adapter at all" : `only ${names.join("; ")}`;
  const repair =
    "On Linux the driver's Vulkan part is missing most often (an ICD file under /usr/share/vulkan/icd.d; in a container, the `graphics` driver capability): `npm run doctor` lists what is there. Repair that";
  if (asked !== null) {
    return new InputError("--gpu", `expected a GPU whose name contains "${asked}", WebGPU gave ${found}`, `${repair}, or leave --gpu out.`);
  }
  const [native] = natives;
  if (native === undefined) return null;
  return new InputError(
    "gpu",
    `${native.tool} lists ${native.name}, and WebGPU gave ${found}`,
    `${repair}, name another GPU with --gpu NAME, or check the pipeline without a GPU with --software.`,
  );
};

/** Whether an accepted adapter is not the GPU that the system's tool lists: then it must be asked for by name. */
export const isOfAnotherVendor = ({ vendor }: Adapter, natives: readonly NativeGpu[]): boolean => {
  const vendors = natives.map(vendorOf).filter((known) => known !== null);
  return vendors.length > 0 && vendors.length === natives.length && !vendors.includes(vendor);
};

/** What a measurement on this adapter is a measurement of, with what a reader should know about it. */
export const verdictOf = ({ adapter, systemGpus }: SeenAdapter, natives: readonly NativeGpu[], platform: NodeJS.Platform): Verdict => {
  if (isSoftware(adapter)) {
    const known = softwareNameOrNull(`${adapter.description} ${adapter.device} ${adapter.architecture}`);
    const name = known === null ? adapterName(adapter) : known.toLowerCase() === "swiftshader" ? "SwiftShader" : known;
    return { isGpu: false, device: `${name} (software)`, native: null, notes: [] };
  }
  const native = nativeOf(adapter, natives);
  const notes: string[] = [];
  if (natives.length > 0 && native === null) {
    notes.push(
      `The adapter (${adapterName(adapter)}) could not be matched with what ${natives[0]?.tool} lists: ${natives.map(({ name }) => name).join(", ")}.`,
    );
  }
  if (platform === "linux" && adapter.backend !== "" && adapter.backend !== "vulkan") {
    notes.push(`WebGPU reached the GPU through ${adapter.backend}, not Vulkan: expect it to be slower than it could be.`);
  }
  const vendorGpus = systemGpus.filter(({ vendorId }) => vendorId === VENDOR_IDS[adapter.vendor]);
  if (systemGpus.some(({ vendorId }) => vendorId !== 0) && VENDOR_IDS[adapter.vendor] !== undefined && vendorGpus.length === 0) {
    notes.push(`The browser's own system information lists no GPU of ${adapter.vendor}.`);
  }
  const device = native?.name ?? (adapter.description || systemNameOf(adapter, systemGpus) || adapterName(adapter));
  return { isGpu: true, device, native, notes };
};
