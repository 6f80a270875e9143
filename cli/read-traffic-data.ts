import { resolve } from "node:path";
import { lengthFiles, NO_DATA, type TrafficData } from "../src/traffic/data.ts";
import { checkSpan, isClientDataset, isClientRates, readClients } from "../src/traffic/clients/read.ts";
import { readPrometheus } from "../src/traffic/prometheus/read.ts";
import type { Traffic } from "../src/traffic/schema.ts";
import { traceSchema } from "../src/traffic/trace/schema.ts";
import { openFiles, type OnRead } from "./open-text.ts";
import { readPrometheusFolder } from "./read-prometheus.ts";
import { readLengths } from "./read-trace.ts";

/**
 * Reads what generated traffic takes from files: traces whose lengths are drawn from, clients' statistics.
 *
 * @param folder that paths start from
 * @throws InputError where a file is not there, or malformed
 */
export const readTrafficData = async (traffic: Traffic, folder: string, onRead: OnRead = () => {}): Promise<TrafficData> => {
  if (traffic.kind === "clients") {
    const { traces, datasets = datasetsBeside(traces) } = traffic;
    const files = async function* () {
      yield* openFiles(
        resolve(folder, traces),
        traces,
        (name) => isClientRates(name) || (datasets === traces && isClientDataset(name)),
        onRead,
      );
      if (datasets !== traces) yield* openFiles(resolve(folder, datasets), datasets, isClientDataset, onRead);
    };
    const clients = await readClients(files(), traces);
    checkSpan(clients, traffic);
    return { ...NO_DATA, clients };
  }
  const prometheus = traffic.kind === "prometheus" ? { prometheus: readPrometheus(readPrometheusFolder(traffic.folder, folder)) } : {};
  const lengths = new Map<string, Awaited<ReturnType<typeof readLengths>>>();
  for (const { file, format } of lengthFiles(traffic)) {
    const trace = traceSchema.parse({ kind: "trace", file, format, sessions_per_s: 1 });
    lengths.set(file, await readLengths(trace, resolve(folder, file), { seed: 0, onRead }));
  }
  return { ...NO_DATA, lengths, ...prometheus };
};

/** Where ServeGen's statistics have the lengths that belong to rates: `…_traces.tar.gz` beside `…_datasets.tar.gz`, or the same folder. */
export const datasetsBeside = (traces: string): string => traces.replace(/_traces(\.tar|\.tar\.gz|\.tgz)$/u, "_datasets$1");
