import { describe, expect, it } from "vitest";
import { decoderLayer, defaultChoices, variantById } from "../../kernels/index.ts";
import { mismatches, type Shape, type Values } from "../../kernels/kernel.ts";
import { fillValues } from "../../harness/measure/fill.ts";

const shape = {
  hidden: 12,
  intermediate: 10,
  heads: 4,
  kv_heads: 2,
  head_dim: 6,
  prefill_tokens: 6,
  prefill_sequences: 2,
  prefill_spread: 40,
  prefill_context: 15,
  decode_sequences: 2,
  decode_context: 17,
  decode_spread: 90,
} satisfies Shape;

const { hidden, intermediate, heads, kv_heads, head_dim } = shape;
const reach = head_dim / 2;
const run = variantById("decoder-layer/f32").run(shape);
const inputs: Values = Object.fromEntries(
  run.buffers.filter(({ role }) => role === "input").map((spec) => [spec.name, fillValues(spec, 7)] as const),
);
const given = (name: string): Float64Array => inputs[name]!;

type Vector = readonly number[];
const row = (name: string, at: number, length: number): Vector => [...given(name).subarray(at * length, (at + 1) * length)];
const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const norm = (x: Vector, weight: string): Vector => {
  const root = Math.sqrt(dot(x, x) / hidden + 1e-5);
  return x.map((value, i) => (value / root) * given(weight)[i]!);
};
const project = (x: Vector, weights: string, outputs: number): Vector =>
  Array.from({ length: outputs }, (_, n) => dot(x, row(weights, n, x.length)));
const plus = (a: Vector, b: Vector): Vector => a.map((x, i) => x + b[i]!);
const rotate = (x: Vector, position: number): Vector =>
  x.map((value, i) => {
    const angle = position * 10_000 ** (-(i % reach) / reach);
    return i < reach
      ? value * Math.cos(angle) - x[i + reach]! * Math.sin(angle)
      : value * Math.cos(angle) + x[i - reach]! * Math.sin(angle);
  });

interface Token {
  readonly position: number;
  /** Cache slots it attends to: all in front of it in its sequence, and its own last. */
  readonly slots: readonly number[];
}

const indices = (name: string): readonly number[] => {
  const fill = run.buffers.find((spec) => spec.name === name)!.fill;
  return fill.kind === "indices" ? [...fill.values] : [];
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Tokens of the batch, read off the buffers that say where they lie: chunks of 2 and 4 behind 15 keys, then 2 that decode. */
const tokens: readonly Token[] = (() => {
  const [lengths, starts, table] = [indices("lengths"), indices("starts"), indices("block_table")];
  const stride = table.length / lengths.length;
  return lengths.flatMap((length, sequence) => {
    const slots = upTo(length).map((position) => table[sequence * stride + Math.floor(position / 16)]! * 16 + (position % 16));
    const count = starts[sequence + 1]! - starts[sequence]!;
    return upTo(count).map((i) => ({ position: length - count + i, slots: slots.slice(0, length - count + i + 1) }));
  });
})();

it("the batch is as its shape says", () => {
  const positions = tokens.map(({ position }) => position);
  const chunks = [positions.slice(0, 6), positions.slice(6)];
  expect(chunks[0]!.filter((position) => position === 15)).toHaveLength(2);
  expect([...chunks[0]!].sort((a, b) => a - b)).toEqual([15, 15, 16, 16, 17, 18]);
  expect([...chunks[1]!].sort((a, b) => a - b)).toEqual([8, 24]);
  expect(new Set(tokens.map(({ slots }) => slots.at(-1))).size).toBe(tokens.length);
});

/** The layer as its definition reads, token by token, on nothing but arrays: written apart from the kernels' own references. */
const layerByDefinition = (): Record<string, number[]> => {
  const buffers: Record<string, number[]> = {};
  const append = (name: string, values: Vector): Vector => {
    (buffers[name] ??= []).push(...values);
    return values;
  };
  for (const what of ["keys", "values"]) buffers[what] = [...given(what)];

  const head = (x: Vector, at: number): Vector => x.slice(at * head_dim, (at + 1) * head_dim);
  const queries = tokens.map(({ position, slots }, t) => {
    const normed = append("attention_normed", norm(row("x", t, hidden), "attention_norm"));
    const qkv = append("qkv", project(normed, "qkv_weights", (heads + 2 * kv_heads) * head_dim));
    const slot = slots.at(-1)!;
    for (let h = 0; h < kv_heads; h++) {
      const at = (slot * kv_heads + h) * head_dim;
      rotate(head(qkv, heads + h), position).forEach((value, i) => (buffers["keys"]![at + i] = value));
      head(qkv, heads + kv_heads + h).forEach((value, i) => (buffers["values"]![at + i] = value));
    }
    return append(
      "queries",
      upTo(heads).flatMap((h) => rotate(head(qkv, h), position)),
    );
  });

  tokens.forEach(({ slots }, t) => {
    const cached = (what: string, slot: number, h: number) => head(buffers[what]!, slot * kv_heads + Math.floor(h / (heads / kv_heads)));
    const attended = append(
      "attended",
      upTo(heads).flatMap((h) => {
        const weights = slots.map((slot) => Math.exp(dot(head(queries[t]!, h), cached("keys", slot, h)) / Math.sqrt(head_dim)));
        const total = weights.reduce((a, b) => a + b, 0);
        return upTo(head_dim).map((d) =>
          weights.reduce((sum, weight, i) => sum + (weight / total) * cached("values", slots[i]!, h)[d]!, 0),
        );
      }),
    );
    const mid = append("mid", plus(row("x", t, hidden), append("attention_out", project(attended, "o_weights", hidden))));
    const gateUp = append("gate_up", project(append("mlp_normed", norm(mid, "mlp_norm")), "gate_up_weights", 2 * intermediate));
    const activated = append(
      "activated",
      upTo(intermediate).map((i) => (gateUp[i]! / (1 + Math.exp(-gateUp[i]!))) * gateUp[intermediate + i]!),
    );
    append("out", plus(mid, append("mlp_out", project(activated, "down_weights", hidden))));
  });
  return buffers;
};

const left = (): Record<string, Float64Array> =>
  Object.fromEntries(Object.entries(layerByDefinition()).map(([name, values]) => [name, Float64Array.from(values)]));

it("attention of chunks is chosen by the mean chunk, not by the tokens of all", () => {
  const [few, many] = ["attention-prefill/tiled-16x32-f32", "attention-prefill/tiled-32x16-f32"];
  const attention_prefill = [
    { shape: { chunk: 8 }, variant: few },
    { shape: { chunk: 64 }, variant: many },
  ];
  const layer = decoderLayer("f32", { ...defaultChoices("f32"), attention_prefill });
  const textAt = (prefill_sequences: number) =>
    layer.run({ ...shape, prefill_tokens: 64, prefill_sequences }).dispatches.find(({ label }) => label === "attention prefill")?.wgsl;
  const textOf = (id: string) => variantById(id).run({ heads, kv_heads, head_dim, chunk: 8, context: 15 }).dispatches[0]!.wgsl;
  expect(textAt(1)).toBe(textOf(many));
  expect(textAt(8)).toBe(textOf(few));
  expect(textOf(few)).not.toBe(textOf(many));
});

describe("a decoder layer's references", () => {
  it("agree, stage by stage, with the layer as its definition reads", () => {
    const after = left();
    const references = run.reference(inputs, after);
    expect(mismatches(after, references)).toEqual([]);
    expect(references.at(-1)?.buffer).toBe("out");
  });

  it("judge every buffer that the layer writes", () => {
    const written = new Set(
      run.dispatches.flatMap(({ bindings }) => bindings.filter(({ access }) => access === "read_write")).map(({ buffer }) => buffer),
    );
    const scratchOfAttention = ["decode_partial_sums", "decode_partial_stats"];
    const judged = run.reference(inputs, left()).map(({ buffer }) => buffer);
    expect([...judged].sort()).toEqual([...written].filter((name) => !scratchOfAttention.includes(name)).sort());
  });

  it.each(Object.keys(left()))("find one wrong number in %s", (name) => {
    const after = left();
    const values = after[name]!;
    values[values.length - 1]! += 0.01;
    expect(mismatches(after, run.reference(inputs, after), 100)).toContainEqual(
      expect.objectContaining({ buffer: name, index: values.length - 1 }),
    );
  });

  it("find an earlier key that the layer has overwritten", () => {
    const after = left();
    const index = tokens[0]!.slots[0]! * kv_heads * head_dim;
    after["keys"]![index]! += 0.01;
    expect(mismatches(after, run.reference(inputs, after))).toContainEqual(expect.objectContaining({ buffer: "keys", index, bound: 0 }));
  });

  it("bound every stage far below its values", () => {
    for (const { expected, bound } of run.reference(inputs, left())) {
      const rms = Math.sqrt(expected.reduce((sum, x) => sum + x * x, 0) / expected.length);
      expect(Math.max(...bound)).toBeLessThan(rms * 1e-3);
    }
  });
});
