import { readdirSync, statSync } from "node:fs";
import { InputError } from "../src/errors.ts";
import { createStreams } from "../src/sim/streams.ts";
import type { ObservedLengths } from "../src/traffic/data.ts";
import type { Request, Work } from "../src/traffic/request.ts";
import { readAgentSessions } from "../src/traffic/trace/agent-sessions.ts";
import { readAzure } from "../src/traffic/trace/azure.ts";
import { readCsv } from "../src/traffic/trace/csv.ts";
import { formatOf } from "../src/traffic/trace/detect.ts";
import { linesOf } from "../src/traffic/trace/lines.ts";
import { readMooncake } from "../src/traffic/trace/mooncake.ts";
import type { Trace, TraceFormat } from "../src/traffic/trace/schema.ts";
import { readVllm } from "../src/traffic/trace/vllm.ts";
import { csvRecords } from "./csv-records.ts";
import { fileError, isArchive, namingFile, openFiles, openText, type OnRead } from "./open-text.ts";

export interface ReadOptions {
  /** For what the format leaves to chance. */
  readonly seed: number;
  /** The longest prompt plus output that the model takes: a longer request is an error, unless the trace says that such are kept. */
  readonly contextLength?: number;
  readonly onRead?: OnRead;
}

/** A trace that is being read. */
export interface OpenedTrace {
  readonly format: TraceFormat;
  /** In order of arrival, as the file gives them. */
  readonly requests: AsyncIterable<readonly Request[]>;
}

/** Text of which that much is looked at for the format. */
const HEAD = 1 << 16;

/**
 * Opens a trace: a file, gzipped if its name ends in .gz, or for agent sessions a folder or a tar archive too.
 *
 * @param path where `trace.file`, the name for messages, is
 * @throws InputError where the file is not there or its format is not known; reading it throws one with the number of its first bad line
 */
export const openTrace = async (trace: Trace, path: string, options: ReadOptions): Promise<OpenedTrace> => {
  const { file } = trace;
  const onRead = options.onRead ?? (() => {});
  try {
    if (isArchive(path)) {
      const format = trace.format ?? "agent-sessions";
      if (format !== "agent-sessions") {
        throw new InputError(file, `expected one file of format ${format}, got a folder or an archive`, "Name the file in it.");
      }
      const isSession = (name: string): boolean => name.endsWith(".json") && !name.startsWith(".");
      checkFolder(path, file, isSession);
      return { format, requests: reading(trace, "agent-sessions", openFiles(path, file, isSession, onRead), options) };
    }
    const text = openText(path, onRead);
    const { head, whole } = await headOf(text);
    const format = trace.format ?? formatOf(head, file);
    return { format, requests: reading(trace, format, whole, options) };
  } catch (error) {
    throw fileError(error, file);
  }
};

/** A folder with no file of sessions is more likely meant as one of range queries. */
const checkFolder = (path: string, file: string, isSession: (name: string) => boolean): void => {
  if (!statSync(path).isDirectory() || readdirSync(path).some(isSession)) return;
  throw new InputError(
    file,
    "expected requests.json or rate.json of a Prometheus here, or files of agent sessions, found neither",
    "`ballast traffic queries` prints the commands that fill a folder from your Prometheus.",
  );
};

/** All requests of a trace. */
export const readTrace = async (
  trace: Trace,
  path: string,
  options: ReadOptions,
): Promise<{ format: TraceFormat; requests: Request[] }> => {
  const { format, requests } = await openTrace(trace, path, options);
  const all: Request[] = [];
  for await (const batch of requests) for (const request of batch) all.push(request);
  return { format, requests: all };
};

/** The lengths of a trace's requests, those of a session's later ones included. */
export const readLengths = async (trace: Trace, path: string, options: ReadOptions): Promise<ObservedLengths> => {
  const prompts: number[] = [];
  const outputs: number[] = [];
  for await (const batch of (await openTrace(trace, path, options)).requests) {
    for (const request of batch) {
      for (let work: Work | undefined = request; work !== undefined; work = work.next) {
        prompts.push(work.promptTokens);
        outputs.push(work.outputTokens);
      }
    }
  }
  return { prompts: Uint32Array.from(prompts), outputs: Uint32Array.from(outputs) };
};

type Files = ReturnType<typeof openFiles>;

async function* reading(
  trace: Trace,
  format: TraceFormat,
  source: AsyncGenerator<string> | Files,
  { seed, contextLength }: ReadOptions,
): AsyncGenerator<readonly Request[]> {
  const { file, speed } = trace;
  const playing = { speed, contextLength: trace.beyond_context === "keep" ? undefined : contextLength };
  const text = source as AsyncGenerator<string>;
  const requests = (): AsyncIterable<readonly Request[]> => {
    switch (format) {
      case "azure":
        return readAzure(csvRecords(text, file), file, playing);
      case "csv":
        return readCsv(csvRecords(text, file), file, playing);
      case "mooncake":
        return readMooncake(linesOf(text), file, createStreams(seed), playing);
      case "vllm":
        return readVllm(linesOf(text), file, playing);
      case "agent-sessions":
        return readAgentSessions(sessionFiles(source, file), file, createStreams(seed), sessionsPerSecond(trace), playing);
      default:
        return format satisfies never;
    }
  };
  yield* namingFile(requests(), file);
}

const sessionsPerSecond = ({ file, sessions_per_s }: Trace): number => {
  if (sessions_per_s !== undefined) return sessions_per_s;
  throw new InputError(
    file,
    "expected to be told how often an agent session begins, since the files do not say",
    "Write sessions_per_s: 0.1 in the scenario, or --sessions-per-s 0.1.",
  );
};

/** The files of an archive as they are; a single file's text as one of them. */
async function* sessionFiles(source: AsyncGenerator<string> | Files, file: string) {
  let whole = "";
  for await (const piece of source) {
    if (typeof piece === "string") whole += piece;
    else yield piece;
  }
  if (whole !== "") yield { name: file, text: whole };
}

/** The beginning of a text, and all of it. */
const headOf = async (text: AsyncGenerator<string>): Promise<{ head: string; whole: AsyncGenerator<string> }> => {
  let head = "";
  while (head.length < HEAD) {
    const piece = await text.next();
    if (piece.done === true) break;
    head += piece.value;
  }
  const whole = async function* (): AsyncGenerator<string> {
    yield head;
    yield* text;
  };
  return { head, whole: whole() };
};
