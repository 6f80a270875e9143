import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { z } from "zod";
import { readEngineLog, type KvCacheSize } from "../src/calibration/engine-log.ts";
import { InputError } from "../src/errors.ts";
import { parseJsonObject, schemaError } from "../src/json.ts";
import type { ReplicaSettings } from "../src/replica/settings.ts";
import { linesOf } from "../src/traffic/trace/lines.ts";
import { readLoggedRun, type GaugeReading, type LoggedRequest } from "../src/validation/logged-run.ts";
import { readText } from "./files.ts";
import { openText } from "./open-text.ts";

const NEXT_STEP =
  "A logged run is a folder with requests.jsonl (input_toks, output_toks, queued_ts, first_token_ts, last_token_ts), meta.json (engine_kwargs), and where there are: timeseries.csv (t, running, waiting), a .log of the engine's start, profile/ (layer tables) or device-model.json.";

/** An engine's arguments by vLLM's names; what is not modelled is let through. */
const kwargsSchema = z.looseObject({
  max_num_seqs: z.int().min(1).nullish(),
  max_num_batched_tokens: z.int().min(1).nullish(),
  max_model_len: z.int().min(1).nullish(),
  block_size: z.int().min(1).nullish(),
  num_gpu_blocks_override: z.int().min(2).nullish(),
  gpu_memory_utilization: z.number().gt(0).max(1).nullish(),
  enable_prefix_caching: z.boolean().nullish(),
  enable_chunked_prefill: z.boolean().nullish(),
  long_prefill_token_threshold: z.int().min(0).nullish(),
  scheduler_reserve_full_isl: z.boolean().nullish(),
  watermark: z.number().min(0).lt(1).nullish(),
  scheduling_policy: z.enum(["fcfs", "priority"]).nullish(),
  tensor_parallel_size: z.int().min(1).nullish(),
});
const metaSchema = z.looseObject({ model: z.string(), vllm_version: z.string().nullish(), engine_kwargs: kwargsSchema });
type Kwargs = z.infer<typeof kwargsSchema>;

/** Arguments that say where and what to run, and nothing of how it is scheduled; and those that do so only with these values. */
const HARMLESS = new Set(["model", "seed", "tokenizer", "trust_remote_code", "download_dir"]);
const HARMLESS_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  dtype: ["auto", "bfloat16", "float16", "half"],
  kv_cache_dtype: ["auto", "bfloat16", "float16"],
  data_parallel_size: [1],
  pipeline_parallel_size: [1],
};

/** A logged run as its folder has it. */
export interface RunFolder {
  readonly path: string;
  readonly model: string;
  readonly engine: string;
  readonly tensorParallel: number;
  /** The engine's own arguments, by our names for them. */
  readonly settings: Partial<ReplicaSettings>;
  /** Arguments that Ballast does not model. */
  readonly notModelled: readonly string[];
  readonly requests: readonly LoggedRequest[];
  readonly gauges: readonly GaugeReading[];
  readonly kvCache?: KvCacheSize;
  /** A saved device model, or a folder of layer tables; undefined where neither is there. */
  readonly deviceModel?: string;
  readonly tables?: string;
}

/**
 * Reads the folder of a logged run.
 *
 * @throws InputError where it is not there, or with the place of the first thing that is wrong
 */
export const readRunFolder = async (given: string, cwd: string): Promise<RunFolder> => {
  const path = resolve(cwd, given);
  if (!existsSync(path) || !statSync(path).isDirectory()) throw new InputError(given, "is not a folder", NEXT_STEP);
  const inFolder = (name: string): string => join(given, name);
  const has = (name: string): boolean => existsSync(join(path, name));
  for (const name of ["requests.jsonl", "meta.json"]) if (!has(name)) throw new InputError(inFolder(name), "is not there", NEXT_STEP);
  const meta = parseMeta(readText(cwd, inFolder("meta.json")), inFolder("meta.json"));
  const kwargs = meta.engine_kwargs;
  const requests = await readLoggedRun(linesOf(openText(join(path, "requests.jsonl"), () => {})), inFolder("requests.jsonl"));
  const log = kvCacheOrNull(path, given, cwd);
  return {
    path: given,
    model: meta.model,
    engine: meta.vllm_version == null ? "vllm" : `vllm ${meta.vllm_version}`,
    tensorParallel: kwargs.tensor_parallel_size ?? 1,
    settings: settingsOf(kwargs),
    notModelled: notModelledOf(kwargs),
    requests,
    gauges: has("timeseries.csv") ? parseGauges(readText(cwd, inFolder("timeseries.csv")), inFolder("timeseries.csv")) : [],
    ...(log === null ? {} : { kvCache: log }),
    ...(has("device-model.json") ? { deviceModel: inFolder("device-model.json") } : {}),
    ...(has("profile") ? { tables: inFolder("profile") } : {}),
  };
};

const parseMeta = (text: string, place: string): z.infer<typeof metaSchema> => {
  const value = parseJsonObject(text, place, NEXT_STEP);
  const parsed = metaSchema.safeParse(value);
  if (!parsed.success) throw schemaError(parsed.error, value, place, NEXT_STEP);
  return parsed.data;
};

const SETTINGS = [
  "max_num_seqs",
  "max_num_batched_tokens",
  "max_model_len",
  "block_size",
  "gpu_memory_utilization",
  "enable_prefix_caching",
  "enable_chunked_prefill",
  "long_prefill_token_threshold",
  "scheduling_policy",
  "scheduler_reserve_full_isl",
  "watermark",
] as const;

const settingsOf = (kwargs: Kwargs): Partial<ReplicaSettings> => ({
  ...Object.fromEntries(SETTINGS.flatMap((name) => (kwargs[name] == null ? [] : [[name, kwargs[name]]]))),
  ...(kwargs.num_gpu_blocks_override == null ? {} : { num_gpu_blocks: kwargs.num_gpu_blocks_override }),
});

const notModelledOf = (kwargs: Kwargs): string[] =>
  Object.entries(kwargs)
    .filter(
      ([name, value]) =>
        value != null &&
        value !== false &&
        !(name in kwargsSchema.shape) &&
        !HARMLESS.has(name) &&
        HARMLESS_VALUES[name]?.includes(value) !== true,
    )
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`);

/** What the log of the engine's start says of the KV cache; null where no file in the folder does. */
const kvCacheOrNull = (path: string, given: string, cwd: string): KvCacheSize | null => {
  for (const name of readdirSync(path)
    .filter((file) => /\.(?:log|txt)$/u.test(file))
    .sort()) {
    try {
      return readEngineLog(readText(cwd, join(given, name)), name);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return null;
};

const parseGauges = (text: string, place: string): GaugeReading[] =>
  rowsOf(text, place).map((row, i) => {
    const read = (name: string): number => {
      const value = Number(row[name] ?? "");
      if (row[name] !== undefined && row[name] !== "" && Number.isFinite(value) && value >= 0) return value;
      throw new InputError(`${place}: line ${i + 2}`, `expected ${name} to be a number, got ${row[name] ?? "nothing"}`, NEXT_STEP);
    };
    return { at_s: read("t"), running: read("running"), waiting: read("waiting") };
  });

const rowsOf = (text: string, place: string): Record<string, string | undefined>[] => {
  try {
    return parse(text, { bom: true, columns: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    if (error instanceof CsvError) throw new InputError(place, `expected CSV, got this: ${error.message}`, NEXT_STEP);
    throw error;
  }
};
