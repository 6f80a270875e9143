import { InputError } from "../errors.ts";
import type { Profile } from "../profile/schema.ts";
import type { Bytes } from "../units.ts";
import type { DeviceModel } from "./device-model.ts";

/** Share of the machine's memory that a software adapter may take for weights and KV cache. */
const SOFTWARE_SHARE = 0.5;

/**
 * Memory for weights and KV cache: as given; else as the system's own tool states it; else the adapter's largest device-local
 * heap; else, for a software adapter, a share of the machine's memory.
 *
 * @throws InputError where none of them says
 */
export const deviceMemory = (profile: Profile, given?: Bytes): DeviceModel["memory"] => {
  const { environment } = profile;
  if (given !== undefined) return { bytes: given, origin: "given", source: "--memory" };
  if (!profile.is_gpu) {
    return {
      bytes: Math.floor(environment.memory_bytes * SOFTWARE_SHARE),
      origin: "assumed",
      source: `${SOFTWARE_SHARE * 100} % of the machine's memory, since the adapter is software`,
    };
  }
  const native = environment.native?.memory_bytes;
  if (native !== undefined && native !== null && native > 0) {
    return { bytes: native, origin: "measured", source: environment.native?.tool ?? "" };
  }
  const local = environment.adapter.memory_heaps.filter(({ device_local, size_bytes }) => device_local && size_bytes > 0);
  if (local.length > 0) {
    return {
      bytes: Math.max(...local.map(({ size_bytes }) => size_bytes)),
      origin: "measured",
      source: "the adapter's largest device-local heap",
    };
  }
  throw new InputError(
    `profile of ${profile.device}`,
    "expected the GPU's memory from nvidia-smi, system_profiler or the adapter's heaps, got none",
    "Give it: ballast calibrate --memory 24GiB",
  );
};
