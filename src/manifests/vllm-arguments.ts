import { InputError } from "../errors.ts";
import { replicaSchema, type ReplicaSettings } from "../replica/settings.ts";
import { flagsOf } from "./vllm-flags.ts";

/** What a vLLM command line says of a server. */
export interface VllmArguments {
  /** A Hugging Face name or a path; null where the command does not say. */
  readonly model: string | null;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly dataParallelSize: number;
  /** Settings that the command gives, by vLLM's names; all others have their defaults. */
  readonly settings: Partial<ReplicaSettings>;
  /** Arguments that change how the server behaves and are not modelled, as they were written. */
  readonly notModelled: readonly string[];
}

type Setting = keyof ReplicaSettings;

/** vLLM's flags that a replica's settings know. */
const NUMBERS: Readonly<Record<string, Setting>> = {
  "max-num-seqs": "max_num_seqs",
  "max-num-batched-tokens": "max_num_batched_tokens",
  "max-model-len": "max_model_len",
  "block-size": "block_size",
  "num-gpu-blocks-override": "num_gpu_blocks",
  "gpu-memory-utilization": "gpu_memory_utilization",
  "long-prefill-token-threshold": "long_prefill_token_threshold",
};
const SWITCHES: Readonly<Record<string, Setting>> = {
  "enable-prefix-caching": "enable_prefix_caching",
  "enable-chunked-prefill": "enable_chunked_prefill",
  "scheduler-reserve-full-isl": "scheduler_reserve_full_isl",
};
const PARALLEL: Readonly<Record<string, "tensorParallelSize" | "pipelineParallelSize" | "dataParallelSize">> = {
  "tensor-parallel-size": "tensorParallelSize",
  "pipeline-parallel-size": "pipelineParallelSize",
  "data-parallel-size": "dataParallelSize",
};
/** Flags that say where a server listens or what it calls things: they cost no time in a step. */
const WITHOUT_EFFECT = new Set([
  "host",
  "port",
  "api-key",
  "uvicorn-log-level",
  "log-level",
  "disable-log-requests",
  "disable-log-stats",
  "disable-uvicorn-access-log",
  "enable-log-requests",
  "served-model-name",
  "trust-remote-code",
  "chat-template",
  "chat-template-content-format",
  "enable-auto-tool-choice",
  "tool-call-parser",
  "reasoning-parser",
  "download-dir",
  "revision",
  "tokenizer",
  "tokenizer-mode",
  "root-path",
  "ssl-keyfile",
  "ssl-certfile",
  "allowed-origins",
  "seed",
]);

/**
 * Reads the arguments of a vLLM server.
 *
 * @param words the container's command and args; a shell's script within them is taken apart
 * @param environment what the container's variables hold, for `$(NAME)` and `$NAME`
 * @param place where they stand, for messages
 * @throws InputError where a setting that is modelled has a value that vLLM does not take
 */
export const readVllmArguments = (words: readonly string[], environment: ReadonlyMap<string, string>, place: string): VllmArguments => {
  const flags = flagsOf(words, environment);
  const settings: Record<string, unknown> = {};
  const parallel = { tensorParallelSize: 1, pipelineParallelSize: 1, dataParallelSize: 1 };
  const notModelled: string[] = [];
  let { model } = flags;
  for (const { name, value, written } of flags.given) {
    const at = `${place}: --${name}`;
    const positive = name.replace(/^no-/u, "");
    if (name === "model") model = value;
    else if (Object.hasOwn(NUMBERS, name)) settings[NUMBERS[name]!] = numberOf(value, at);
    else if (Object.hasOwn(SWITCHES, positive)) settings[SWITCHES[positive]!] = switchOf(value, at) === (name === positive);
    else if (name === "scheduling-policy") settings["scheduling_policy"] = value;
    else if (Object.hasOwn(PARALLEL, name)) parallel[PARALLEL[name]!] = numberOf(value, at);
    else if (!WITHOUT_EFFECT.has(positive)) notModelled.push(written);
  }
  return { model, ...parallel, settings: checked(settings, place), notModelled };
};

/** vLLM takes `32k` for 32,000 and `32K` for 32,768. */
const MULTIPLES: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, K: 1024, M: 1_048_576, G: 1_073_741_824 };

const numberOf = (text: string | null, place: string): number => {
  const [, digits, suffix = ""] = /^(\d+(?:\.\d+)?)([kmgKMG])?$/u.exec(text ?? "") ?? [];
  if (digits === undefined) {
    const isVariable = text?.includes("$") === true;
    throw new InputError(
      place,
      `expected a number, got ${text ?? "none"}`,
      isVariable ? "Write the number, or give the container the variable's value." : "Give it behind the flag.",
    );
  }
  return Number(digits) * MULTIPLES[suffix]!;
};

const switchOf = (text: string | null, place: string): boolean => {
  if (text === null || /^true$/iu.test(text)) return true;
  if (/^false$/iu.test(text)) return false;
  throw new InputError(
    place,
    `expected no value, True or False, got ${text}`,
    "Write the flag alone, or with no- in front to switch it off.",
  );
};

const checked = (settings: Readonly<Record<string, unknown>>, place: string): Partial<ReplicaSettings> => {
  const parsed = replicaSchema.safeParse(settings);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const setting = String(issue.path[0] ?? "");
    throw new InputError(
      `${place}: --${setting.replaceAll("_", "-")}`,
      `vLLM does not start with ${String(settings[setting])}`,
      `${issue.message}.`,
    );
  }
  return settings;
};
