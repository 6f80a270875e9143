import type { Tokens } from "../units.ts";
import type { ClientStatistics } from "./clients/statistics.ts";
import type { PrometheusTraffic } from "./prometheus/read.ts";
import type { Traffic } from "./schema.ts";
import type { TraceFormat } from "./trace/schema.ts";

/** Lengths of a trace's requests, in their order. */
export interface ObservedLengths {
  readonly prompts: ArrayLike<Tokens>;
  readonly outputs: ArrayLike<Tokens>;
}

/** What generated traffic takes from files. `src/` reads none: whoever can hands it in. */
export interface TrafficData {
  /** By the file's name, as the traffic writes it. */
  readonly lengths: ReadonlyMap<string, ObservedLengths>;
  readonly clients: readonly ClientStatistics[];
  readonly prometheus?: PrometheusTraffic;
}

/** Enough for traffic that takes nothing from files. */
export const NO_DATA: TrafficData = { lengths: new Map(), clients: [] };

/** @throws RangeError if the file was not handed in */
export const observedLengths = (file: string, { lengths }: TrafficData): ObservedLengths => {
  const found = lengths.get(file);
  if (found === undefined || found.prompts.length === 0) throw new RangeError(`the lengths of ${file} were not handed in`);
  return found;
};

/** The traces that a traffic's lengths are drawn from. */
export const lengthFiles = (traffic: Traffic): { readonly file: string; readonly format?: TraceFormat | undefined }[] => {
  if (traffic.kind === "trace" || traffic.kind === "clients") return [];
  const named = [traffic.prompt, traffic.output].filter((length) => length?.kind === "empirical");
  return named.filter(({ file }, i) => named.findIndex((other) => other.file === file) === i);
};
