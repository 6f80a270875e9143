import { InputError } from "../errors.ts";

type Config = Readonly<Record<string, unknown>>;

/** One kind of model that dense kernels on one GPU do not describe: its name, and the fields that give it away. */
interface Refusal {
  readonly what: string;
  /** The field and its value where the configuration is of this kind, else null. */
  readonly found: (config: Config) => string | null;
}

/** The first of these fields whose value has that meaning, as `name = value`. */
const firstOf =
  (names: readonly string[], means: (value: unknown) => boolean) =>
  (config: Config): string | null => {
    const name = names.find((field) => means(config[field]));
    return name === undefined ? null : `${name} = ${JSON.stringify(config[name])}`;
  };

const isPositive = (value: unknown) => typeof value === "number" && value > 0;

/** A window as long as the context, or one that is switched off, is none. */
const slidingWindow = (config: Config): string | null => {
  const { layer_types: types, sliding_window: window, use_sliding_window: isUsed, max_position_embeddings: context } = config;
  if (Array.isArray(types)) return types.includes("sliding_attention") ? 'layer_types has "sliding_attention"' : null;
  if (isUsed === false || typeof window !== "number" || (typeof context === "number" && window >= context)) return null;
  return `sliding_window = ${window}`;
};

const refusals: readonly Refusal[] = [
  {
    what: "latent attention (MLA)",
    found: firstOf(["kv_lora_rank"], isPositive),
  },
  {
    what: "mixture of experts",
    found: firstOf(
      ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"],
      (value) => isPositive(value) && value !== 1,
    ),
  },
  {
    what: "quantized weights",
    found: ({ quantization_config: config }) => {
      if (typeof config !== "object" || config === null) return null;
      const { quant_method: method } = config as { quant_method?: unknown };
      return `quantization_config.quant_method = ${JSON.stringify(method ?? null)}`;
    },
  },
  { what: "sliding-window attention", found: slidingWindow },
  {
    what: "a mix of attention kinds",
    found: ({ layer_types: types }) => {
      const other: unknown = Array.isArray(types) ? types.find((type) => type !== "full_attention") : undefined;
      return other === undefined ? null : `layer_types has ${JSON.stringify(other)}`;
    },
  },
];

/** @throws InputError naming what the model is, where kernels for dense layers and full attention would misstate its speed */
export const refuseWhatDenseKernelsDoNotDescribe = (config: Config, place: string): void => {
  for (const { what, found } of refusals) {
    const field = found(config);
    if (field === null) continue;
    throw new InputError(
      place,
      `dense one-GPU kernels do not describe ${what} (${field})`,
      "Its steps would need a table measured on the engine that serves it, which cannot be imported yet: choose a dense model.",
    );
  }
};

/** @throws InputError where more than one GPU is asked for: nothing here measures what travels between them */
export const refuseMoreThanOneGpu = (gpus: number, place: string): void => {
  if (gpus === 1) return;
  throw new InputError(
    place,
    `expected 1 GPU a replica, got ${gpus}: one-GPU kernels do not describe tensor or pipeline parallelism`,
    "Several GPUs a replica would need a step table measured on the engine, which cannot be imported yet: choose a model that fits one GPU.",
  );
};
