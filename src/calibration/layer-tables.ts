import { InputError } from "../errors.ts";
import { rising } from "./attention-grid.ts";
import { attentionRows } from "./attention-rows.ts";
import { attentionFallNotes, fallNotes, refuseFall } from "./falls.ts";
import { layerTablesError } from "./layer-tables-error.ts";
import type { LayerTables, Skew, StepOverhead, Table } from "./step-curve.ts";
import { hole, NEXT_STEP, timeField, twice, wholeField, type TableLine } from "./table-line.ts";

/** The tables of one engine on one GPU at one degree of tensor parallelism, as lines of text. */
export interface LayerTableFiles {
  /** By layer and tokens: µs of one layer of one decoder block, or of what stands in front of and behind all blocks. */
  readonly dense: readonly TableLine[];
  /** By layer and sequences: µs of the output head and the sampler. */
  readonly perSequence: readonly TableLine[];
  /** By prefill_chunk, kv_prefill, n_decode and kv_decode: µs of attention of one block. */
  readonly attention: readonly TableLine[];
  readonly skew: Skew | null;
}

/** How often each layer runs in a decoder block. Layers that run once a step stand in front of the blocks or behind them. */
const IN_BLOCK: Readonly<Record<string, number>> = {
  layernorm: 2,
  qkv_proj: 1,
  qk_norm: 1,
  rotary_emb: 1,
  o_proj: 1,
  gate_up_proj: 1,
  act_fn: 1,
  down_proj: 1,
};
const ONCE = new Set(["embedding", "final_layernorm"]);
const NEEDED = ["embedding", "layernorm", "qkv_proj", "rotary_emb", "o_proj", "gate_up_proj", "act_fn", "down_proj", "final_layernorm"];
const PER_SEQUENCE = ["lm_head", "sampler"];

/**
 * The step curve of a whole model from tables of one of its blocks.
 *
 * embedding + layers × (2 × layernorm + qkv_proj [+ qk_norm] + rotary_emb + attention + o_proj + gate_up_proj + act_fn + down_proj)
 * + final_layernorm + lm_head + sampler. Times are summed where points are measured, so that the sum is as exact as they are.
 *
 * @param layers decoder blocks of the model
 * @throws InputError with the place, the rule and the value where a table has a hole, two values for one point, or a time that falls by half
 */
export const layerTables = (
  files: LayerTableFiles,
  layers: number,
  overhead: StepOverhead,
): { readonly curve: LayerTables; readonly notes: string[] } => {
  const linear = layerSum(files.dense, "dense.csv", "tokens", NEEDED, (layer) => {
    const times = IN_BLOCK[layer];
    return times === undefined ? (ONCE.has(layer) ? 1 : null) : times * layers;
  });
  const head = layerSum(files.perSequence, "per_sequence.csv", "sequences", PER_SEQUENCE, (layer) =>
    PER_SEQUENCE.includes(layer) ? 1 : null,
  );
  const attention = attentionRows(files.attention, layers);
  const ends = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];
  const prefills = attention.chunk.flatMap((chunk, i) => (chunk > 0 ? [chunk + attention.cached[i]!] : []));
  const decodes = attention.sequences.flatMap((sequences, i) => (sequences > 0 ? [i] : []));
  const curve: Omit<LayerTables, "error"> = {
    kind: "layer-tables",
    layers,
    overhead,
    linear,
    head,
    attention,
    skew: files.skew,
    valid: {
      tokens: ends(linear.at),
      prefill_context: [1, Math.max(1, ...prefills)],
      decode_sequences: ends(decodes.map((i) => attention.sequences[i]!)),
      decode_context: [1, Math.max(1, ...decodes.map((i) => attention.context[i]!))],
    },
  };
  return {
    curve: { ...curve, error: layerTablesError(curve) },
    notes: [
      ...fallNotes("linear layers by tokens", linear),
      ...fallNotes("head and sampler by sequences", head),
      ...attentionFallNotes(attention),
    ],
  };
};

/** Seconds by size of the weighted sum of a file's layers. */
const layerSum = (
  lines: readonly TableLine[],
  file: string,
  sizeName: string,
  needed: readonly string[],
  timesOf: (layer: string) => number | null,
): Table => {
  const byLayer = new Map<string, Map<number, number>>();
  for (const line of lines) {
    const layer = line.fields["layer"] ?? "";
    const times = timesOf(layer);
    if (times === null) {
      throw new InputError(
        `${line.place}: layer`,
        `expected one of ${needed.join(", ")}, got "${layer}"`,
        "This table's model is none that is composed so.",
      );
    }
    const points = byLayer.get(layer) ?? new Map<number, number>();
    byLayer.set(layer, points);
    const size = wholeField(line, sizeName);
    if (size < 1) throw new InputError(`${line.place}: ${sizeName}`, "expected 1 or more, got 0", NEXT_STEP);
    if (points.has(size)) throw twice(line, `${layer} at ${size} ${sizeName}`);
    points.set(size, times * timeField(line));
  }
  const absent = needed.find((layer) => !byLayer.has(layer));
  if (absent !== undefined)
    throw new InputError(file, `expected times of ${absent}, got none`, "Give the whole table: every layer of the model.");
  const sizes = rising([...byLayer.values()].flatMap((points) => [...points.keys()]));
  const seconds = sizes.map((size) =>
    [...byLayer].reduce((sum, [layer, points]) => {
      const time = points.get(size);
      if (time === undefined) throw hole(file, `${layer} at ${size} ${sizeName}, which other layers have`);
      return sum + time;
    }, 0),
  );
  seconds.forEach((time, i) => refuseFall(file, `${sizeName} ${sizes[i - 1]} to ${sizes[i]}`, seconds[i - 1] ?? 0, time));
  return { at: sizes, seconds };
};
