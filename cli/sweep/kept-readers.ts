import { lengthFiles } from "../../src/traffic/data.ts";
import { READERS, type Readers } from "../load-scenario.ts";

/** Formats in which nothing is left to chance: any seed reads the same. */
const SEEDLESS: ReadonlySet<string> = new Set(["azure", "csv", "vllm"]);

/**
 * Readers for many runs one after another: each device is read once, and the trace or the traffic data that the last run took is kept. A module
 * of the user's own is loaded anew for each run, so that it knows nothing of the runs before.
 */
export const keptReaders = (): Readers => {
  const devices = new Map<string, ReturnType<Readers["chooseDevice"]>>();
  let trace: { key: string; seed: number; found: Awaited<ReturnType<Readers["readTrace"]>> } | null = null;
  let data: { key: string; found: Awaited<ReturnType<Readers["readTrafficData"]>> } | null = null;
  let modules = 0;
  return {
    chooseDevice: (io, device, model, settings) => {
      const key = JSON.stringify([device, model, model === undefined ? settings : null]);
      const chosen = devices.get(key) ?? READERS.chooseDevice(io, device, model, settings);
      devices.set(key, chosen);
      return chosen;
    },
    readPolicyModule: (written, place) => {
      modules += 1;
      return READERS.readPolicyModule(written, place, `?run=${modules}`);
    },
    readTrace: async (of, path, options) => {
      const key = JSON.stringify([of, path, options.contextLength]);
      if (trace?.key !== key || (trace.seed !== options.seed && !SEEDLESS.has(trace.found.format))) {
        trace = null; // before the next one is read, so that memory need not hold both
        trace = { key, seed: options.seed, found: await READERS.readTrace(of, path, options) };
      }
      return trace.found;
    },
    readTrafficData: async (traffic, folder, onRead) => {
      const key = JSON.stringify([
        traffic.kind === "clients" ? traffic : [lengthFiles(traffic), traffic.kind === "prometheus" ? traffic.folder : null],
        folder,
      ]);
      if (data?.key !== key) {
        data = null;
        data = { key, found: await READERS.readTrafficData(traffic, folder, onRead) };
      }
      return data.found;
    },
  };
};
