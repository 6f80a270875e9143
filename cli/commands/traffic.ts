import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { Command, Option } from "commander";
import { InputError } from "../../src/errors.ts";
import { trafficHtml } from "../../src/report/html/traffic-page.ts";
import type { DescribedTraffic } from "../../src/report/traffic-sentences.ts";
import { trafficText } from "../../src/report/traffic-text.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { trafficInWords } from "../../src/scenario/traffic-inputs.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { NO_DATA, type TrafficData } from "../../src/traffic/data.ts";
import { descriptionJson } from "../../src/traffic/description-json.ts";
import { TrafficDescriber } from "../../src/traffic/describe.ts";
import { generate, type GeneratedTraffic } from "../../src/traffic/generate.ts";
import { trafficNotes } from "../../src/traffic/notes.ts";
import { prometheusSchema } from "../../src/traffic/prometheus/schema.ts";
import type { Traffic } from "../../src/traffic/schema.ts";
import { traceFormatSchema, traceSchema, type TraceFormat } from "../../src/traffic/trace/schema.ts";
import { makeDocument } from "../document.ts";
import { writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import type { OnRead } from "../open-text.ts";
import { positiveNumber, wholeNumber } from "../options.ts";
import { reading } from "../progress.ts";
import { queriesText, withQueryOptions, type QueriesOptions } from "../query-options.ts";
import { isPrometheusFolder } from "../read-prometheus.ts";
import { openTrace } from "../read-trace.ts";
import { readTrafficData } from "../read-traffic-data.ts";

interface DescribeOptions {
  readonly format?: TraceFormat;
  readonly sessionsPerS?: number;
  readonly seed?: number;
  readonly html?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** `ballast traffic`: what traffic is like, before anything is simulated. */
export const trafficCommand = (io: Io): Command =>
  new Command("traffic")
    .description("Look at traffic before anything is simulated.")
    .addCommand(describeCommand(io))
    .addCommand(queriesCommand(io));

const queriesCommand = (io: Io): Command =>
  withQueryOptions(
    new Command("queries").description(
      "Print the queries that save traffic from a Prometheus that scrapes vLLM, as curl commands: docs/prometheus.md says what is read.",
    ),
  )
    .option("--fleet", "also what `ballast validate --fleet` needs: latencies and tokens")
    .action(({ fleet, ...options }: QueriesOptions & { readonly fleet?: true }) => io.out(queriesText(options, fleet === true)));

const describeCommand = (io: Io): Command =>
  new Command("describe")
    .description("Say what a trace's or a scenario's traffic is like: rate, bursts, lengths, what prompts have in common, sessions.")
    .argument(
      "<file>",
      "a trace (.gz or not; agent sessions: a folder or a .tar.gz too), a folder of range queries, or a scenario's file, .yaml or .json",
    )
    .addOption(new Option("--format <format>", "the trace's format (default: told from its beginning)").choices(traceFormatSchema.options))
    .option("--sessions-per-s <n>", "of a trace of agent sessions: how many begin a second", positiveNumber)
    .option("--seed <n>", "seed of what is left to chance, a whole number (default: the scenario's, else 42)", wholeNumber)
    .option("--html <file>", "write the description as one page, with its plots, there; replaces a file that is there")
    .option("--json", "print the description as JSON instead of text")
    .option("--quiet", "no progress")
    .action((file: string, options: DescribeOptions) => describe(io, file, options));

const describe = async (io: Io, file: string, options: DescribeOptions): Promise<void> => {
  const described = await reading(io, (onRead) => describedTraffic(io, file, options, onRead), options.quiet === true);
  if (options.html !== undefined) {
    const path = resolve(io.cwd, options.html);
    writeWhole(path, trafficHtml(described, makeDocument()));
    io.err(`Report: ${path}\n`);
  }
  io.out(options.json ? `${JSON.stringify(descriptionJson(described.description), null, 1)}\n` : trafficText(described));
};

const describedTraffic = async (io: Io, file: string, options: DescribeOptions, onRead: OnRead): Promise<DescribedTraffic> => {
  const path = resolve(io.cwd, file);
  if (isPrometheusFolder(path)) {
    const traffic = prometheusSchema.parse({ kind: "prometheus", folder: file });
    return describedGenerated(traffic, basename(file), io.cwd, options.seed ?? 42, file, onRead);
  }
  const scenario = scenarioOrNull(path, file);
  if (scenario === null) {
    const trace = traceSchema.parse({ kind: "trace", file, format: options.format, sessions_per_s: options.sessionsPerS });
    return describedTrace(trace, path, file, options.seed ?? 42, onRead);
  }
  const { traffic, seed: own, name } = scenario;
  const seed = options.seed ?? own;
  const folder = dirname(path);
  if (traffic.kind === "trace") return describedTrace(traffic, resolve(folder, traffic.file), traffic.file, seed, onRead);
  return describedGenerated(traffic, name, folder, seed, `${file}: traffic`, onRead);
};

const describedGenerated = async (
  traffic: GeneratedTraffic,
  name: string,
  folder: string,
  seed: number,
  place: string,
  onRead: OnRead,
): Promise<DescribedTraffic> => {
  const data = await readTrafficData(traffic, folder, onRead);
  const describer = new TrafficDescriber();
  for (const request of generate(traffic, createStreams(seed), data)) describer.add(request);
  return described(name, `${trafficInWords(traffic)}; drawn once, with seed ${seed}`, describer, traffic, data, place);
};

const describedTrace = async (
  trace: Extract<Traffic, { kind: "trace" }>,
  path: string,
  name: string,
  seed: number,
  onRead: OnRead,
): Promise<DescribedTraffic> => {
  const describer = new TrafficDescriber();
  const { format, requests } = await openTrace(trace, path, { seed, onRead });
  for await (const batch of requests) for (const request of batch) describer.add(request);
  const traffic = { ...trace, format };
  return described(basename(name), `${trafficInWords(traffic)}, read as ${format}`, describer, traffic, NO_DATA, name);
};

const described = (
  name: string,
  source: string,
  describer: TrafficDescriber,
  traffic: Traffic,
  data: TrafficData,
  place: string,
): DescribedTraffic => {
  if (describer.isEmpty)
    throw new InputError(place, "expected at least one request, got none", "Give it a longer duration or a higher rate.");
  return { name, source, description: describer.description(), notes: trafficNotes(traffic, data) };
};

/** A file that ends as scenarios do and has one in it; null where it is something else. */
const scenarioOrNull = (path: string, file: string) => {
  if (!/\.(?:ya?ml|json)$/u.test(path) || !existsSync(path) || statSync(path).isDirectory()) return null;
  const text = readFileSync(path, "utf8");
  if (path.endsWith(".json") && !/"traffic"\s*:/u.test(text)) return null;
  return parseScenario(text, file).scenario;
};
