import { InputError } from "../errors.ts";
import { groupBy } from "../stats/group-by.ts";
import { rising } from "./attention-grid.ts";
import { layerTablesError } from "./layer-tables-error.ts";
import type { AttentionRows, LayerTables, Skew, StepOverhead, Table } from "./step-curve.ts";

/** One line of a table's file: where it is, and its fields by the names of the header. */
export interface TableLine {
  /** As messages call it: `dense.csv: line 7`. */
  readonly place: string;
  readonly fields: Readonly<Record<string, string>>;
}

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

/** Times that fall by less from one point to the next are noise, or another kernel's choice; by more they are counted in a note. */
const FALL_NOTED = 0.05;
/** A whole table whose time falls to less than this share is no measurement of more work. */
const FALL_REFUSED = 0.5;

const NEXT_STEP = "Profile this point again, or take its line and all others of its size out.";
const MICROSECONDS = 1e-6;

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

const attentionRows = (lines: readonly TableLine[], layers: number): AttentionRows => {
  const rows = lines.map((line) => ({
    line,
    chunk: wholeField(line, "prefill_chunk"),
    cached: wholeField(line, "kv_prefill"),
    sequences: wholeField(line, "n_decode"),
    context: wholeField(line, "kv_decode"),
    seconds: layers * timeField(line),
  }));
  const file = "attention.csv";
  const byChunk = groupBy(rows, ({ chunk }) => chunk);
  if (!byChunk.has(0)) throw hole(file, "prefill_chunk 0, a step that only decodes");
  for (const [chunk, ofChunk] of byChunk) {
    const counts = rising(ofChunk.map(({ sequences }) => sequences));
    for (const [cached, here] of groupBy(ofChunk, ({ cached: keys }) => keys)) {
      const at = `prefill_chunk ${chunk}, kv_prefill ${cached}`;
      if (chunk === 0 && cached > 0) {
        throw new InputError(`${here[0]?.line.place}: kv_prefill`, `expected 0 where prefill_chunk is 0, got ${cached}`, NEXT_STEP);
      }
      const bySequences = groupBy(here, ({ sequences }) => sequences);
      const contexts = rising(here.flatMap(({ sequences, context }) => (sequences > 0 ? [context] : [])));
      // With a full budget few sequences, or none, fit beside a chunk; between those that do none may be missing.
      for (const sequences of counts.filter((some) => some <= Math.max(...bySequences.keys()))) {
        const own = bySequences.get(sequences);
        if (own === undefined) throw hole(file, `${at}, n_decode ${sequences}, which this chunk has elsewhere`);
        const seen = new Set<number>();
        for (const { line, context } of own) {
          if (seen.has(context)) throw twice(line, `${at}, n_decode ${sequences}, kv_decode ${context}`);
          seen.add(context);
        }
        const lacking = sequences === 0 ? undefined : contexts.find((context) => !seen.has(context));
        if (lacking !== undefined) throw hole(file, `${at}, n_decode ${sequences}, kv_decode ${lacking}, which other sequences there have`);
      }
    }
    if (chunk > 0 && counts[0] !== 0) throw hole(file, `prefill_chunk ${chunk}, n_decode 0, the chunk alone`);
  }
  return {
    chunk: rows.map(({ chunk }) => chunk),
    cached: rows.map(({ cached }) => cached),
    sequences: rows.map(({ sequences }) => sequences),
    context: rows.map(({ context }) => context),
    seconds: rows.map(({ seconds }) => seconds),
  };
};

const hole = (file: string, what: string): InputError =>
  new InputError(file, `has a hole: expected a time for ${what}, got none`, NEXT_STEP);

const twice = ({ place }: TableLine, what: string): InputError =>
  new InputError(place, `expected one time for ${what}, got a second`, "Leave one of them out.");

/** A whole number of 0 or more. */
const wholeField = ({ place, fields }: TableLine, name: string): number => {
  const text = fields[name] ?? "";
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InputError(`${place}: ${name}`, `expected a whole number, 0 or above, got ${JSON.stringify(text)}`, NEXT_STEP);
};

const timeField = ({ place, fields }: TableLine): number => {
  const text = fields["time_us"] ?? "";
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value * MICROSECONDS;
  throw new InputError(`${place}: time_us`, `expected microseconds above 0, got ${JSON.stringify(text)}`, NEXT_STEP);
};

const refuseFall = (file: string, where: string, before: number, after: number): void => {
  if (after >= before * FALL_REFUSED) return;
  throw new InputError(
    `${file}: ${where}`,
    `expected no time that falls by more than half as work grows, got ${micro(before)} then ${micro(after)} µs`,
    NEXT_STEP,
  );
};

const micro = (seconds: number): string => (seconds / MICROSECONDS).toPrecision(4);

const fallNotes = (what: string, { at, seconds }: Table): string[] =>
  noteOf(
    what,
    at.slice(1).map((size, i) => ({ where: `${at[i]} to ${size}`, before: seconds[i]!, after: seconds[i + 1]! })),
  );

interface Neighbours {
  readonly where: string;
  readonly before: number;
  readonly after: number;
}

const noteOf = (what: string, pairs: readonly Neighbours[]): string[] => {
  const falling = pairs.filter(({ before, after }) => after < before * (1 - FALL_NOTED));
  if (falling.length === 0) return [];
  const worst = falling.reduce((most, pair) => (pair.after / pair.before < most.after / most.before ? pair : most));
  const fall = (share: number): string => `${(100 * share).toFixed(0)} %`;
  return [
    `Times fall by more than ${fall(FALL_NOTED)} although work grows at ${falling.length} of ${pairs.length} pairs of neighbours in ${what}, most by ${fall(1 - worst.after / worst.before)} (${worst.where}): taken as measured.`,
  ];
};

/** Along context and along cached keys; from no chunk to a chunk another kernel runs, so that a fall there says nothing. */
const attentionFallNotes = ({ chunk, cached, sequences, context, seconds }: AttentionRows): string[] => {
  const indices = [...seconds.keys()];
  const along = (axis: readonly number[], keyOf: (i: number) => string, name: string): Neighbours[] =>
    [...groupBy(indices, keyOf).values()].flatMap((group) => {
      const line = group.toSorted((a, b) => axis[a]! - axis[b]!);
      return line.slice(1).map((i, before) => ({
        where: `chunk ${chunk[i]}, ${sequences[i]} decoding, ${name} ${axis[line[before]!]} to ${axis[i]}`,
        before: seconds[line[before]!]!,
        after: seconds[i]!,
      }));
    });
  return noteOf("attention", [
    ...along(context, (i) => `${chunk[i]} ${cached[i]} ${sequences[i]}`, "context"),
    ...along(cached, (i) => `${chunk[i]} ${sequences[i]} ${context[i]}`, "cached"),
  ]);
};
