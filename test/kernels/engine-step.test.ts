import { describe, expect, it } from "vitest";
import { fillValues } from "../../harness/measure/fill.ts";
import { decoderLayer, defaultChoices, variantById } from "../../kernels/index.ts";
import type { BufferSpec, KernelRun, Shape, Values } from "../../kernels/kernel.ts";
import { messageOf } from "../message-of.ts";

const layer = {
  hidden: 12,
  intermediate: 10,
  heads: 4,
  kv_heads: 2,
  head_dim: 6,
  prefill_tokens: 3,
  prefill_context: 2,
  decode_sequences: 2,
  decode_context: 4,
} satisfies Shape;
const step = variantById("engine-step/f32");
const stack = (layers: number, vocab = 0, batch: Shape = {}): KernelRun => step.run({ ...layer, ...batch, layers, vocab });
const names = (specs: readonly BufferSpec[]) => specs.map(({ name }) => name);
const inputsOf = (run: KernelRun): Values =>
  Object.fromEntries(run.buffers.filter(({ role }) => role === "input").map((spec) => [spec.name, fillValues(spec, 7)] as const));

describe("a stack of layers", () => {
  it("begins with the shorter stack, dispatch for dispatch, so that judging every length judges every layer", () => {
    const one = decoderLayer("f32", defaultChoices("f32")).run(layer).dispatches.length;
    const three = stack(3).dispatches;
    expect(three).toHaveLength(3 * one);
    for (const layers of [1, 2]) expect(three.slice(0, layers * one)).toEqual(stack(layers).dispatches);
    expect(stack(3, 20).dispatches.slice(0, 3 * one)).toEqual(three);
  });

  it("is verified at one layer first and one more each time", () => {
    const [first, ...rest] = step.verificationShapes;
    expect(first!["layers"]).toBe(1);
    const { layers: _, vocab: __, ...batch } = first!;
    const stacks = rest.filter((shape) => shape["layers"]! > 1);
    expect(stacks.map((shape) => shape["layers"])).toEqual([2, 3]);
    for (const shape of stacks) expect(shape).toMatchObject(batch);
  });

  it("gives each layer weights and caches of its own and shares what is computed on the way", () => {
    const buffers = stack(2).buffers;
    const held = buffers.filter(({ holds }) => holds !== undefined);
    expect(names(held).filter((name) => name.endsWith("_1"))).toHaveLength(held.length / 2);
    expect(names(held)).toEqual(expect.arrayContaining(["qkv_weights_0", "qkv_weights_1", "keys_0", "values_1", "mlp_norm_1"]));
    expect(
      names(buffers).filter((name) => /^(x|qkv|gate_up|rotations|block_table|slots)/u.test(name) && !name.includes("weights")),
    ).toEqual(["x", "rotations", "block_table", "slots", "qkv", "gate_up"]);
    expect(buffers.filter(({ role }) => role === "output").map(({ name }) => name)).toEqual(["hidden_2"]);
  });

  it("fills the layers with different weights", () => {
    const inputs = inputsOf(stack(2));
    expect(inputs["qkv_weights_0"]).not.toEqual(inputs["qkv_weights_1"]);
  });

  it("passes hidden states from each layer to the next", () => {
    const of = (buffer: string, access: string) =>
      stack(2).dispatches.flatMap(({ bindings }, at) => (bindings.some((b) => b.buffer === buffer && b.access === access) ? [at] : []));
    const half = stack(1).dispatches.length;
    expect(of("hidden_1", "read_write")).toEqual([half - 1]);
    expect(of("hidden_1", "read")[0]).toBe(half);
    expect(Math.max(...of("x", "read"))).toBeLessThan(half);
  });
});

describe("the head of a step", () => {
  const rowsOf = (batch: Shape) => {
    const { buffers } = stack(1, 20, { ...layer, ...batch });
    const { fill } = buffers.find(({ name }) => name === "output_rows")!;
    const [logits, tokens] = ["logits", "tokens"].map((wanted) => buffers.find(({ name }) => name === wanted)!.length);
    return { rows: fill.kind === "indices" ? [...fill.values] : null, logits: logits! / 20, tokens };
  };

  it.each([
    ["the chunk's last and every decoding sequence's", {}, [2, 3, 4]],
    ["the chunk's last alone", { decode_sequences: 0, decode_context: 0 }, [2]],
    ["all where all decode", { prefill_tokens: 0, prefill_context: 0 }, [0, 1]],
    ["the last of each chunk", { prefill_tokens: 9, prefill_sequences: 3 }, [2, 5, 8, 9, 10]],
  ])("takes the rows that produce a token: %s", (_, batch, rows) => {
    expect(rowsOf(batch)).toEqual({ rows, logits: rows.length, tokens: rows.length });
  });

  it("uses the variant for as many rows as produce a token, not as are in the batch", () => {
    const labels = stack(1, 20, { prefill_tokens: 30 }).dispatches.map(({ label }) => label);
    expect(labels.filter((label) => label.startsWith("matmul"))).toEqual([
      ...Array<string>(4).fill("matmul tiled-64x64x16-4x4"),
      "matmul matvec by workgroup",
    ]);
  });

  it("is not there in the middle of a prompt", () => {
    expect(names(stack(2).buffers)).not.toContain("logits");
  });
});

describe("what a step counts", () => {
  const one = decoderLayer("f32", defaultChoices("f32")).run(layer);

  it("the work of its layers, and of the head for the rows that produce a token", () => {
    expect(stack(3).operations).toBe(3 * one.operations);
    expect(stack(3, 20).operations).toBe(3 * one.operations + 2 * 3 * 20 * 12);
  });

  it("every weight and cache once, hidden states at both ends alone", () => {
    expect(stack(1).bytes).toBe(one.bytes);
    const hiddenBytes = 4 * 5 * 12;
    expect(stack(3).bytes).toBe(3 * (one.bytes - 2 * hiddenBytes) + 2 * hiddenBytes);
    expect(stack(1, 20).bytes).toBe(one.bytes + 4 * (12 + 20 * 12 + 3 * (12 + 20) + 3));
  });
});

describe("a step's references", () => {
  it("judge the last layer on what the layer before left, and the head on what the last layer left", () => {
    const run = stack(2, 20);
    const inputs = inputsOf(run);
    const after: Record<string, Float64Array> = {};
    for (const { name, length, role } of run.buffers)
      if (role !== "input") after[name] = Float64Array.from({ length }, (_, i) => Math.sin(i + name.length));
    for (const name of names(run.buffers).filter((key) => /^(keys|values)_\d$/u.test(key))) after[name] = inputs[name]!.slice();
    const judged = (values: Values) => Object.fromEntries(run.reference(inputs, values).map(({ buffer, expected }) => [buffer, expected]));
    const before = judged(after);
    expect(Object.keys(before)).toEqual(
      expect.arrayContaining(["keys_1", "values_1", "qkv", "hidden_2", "final_normed", "logits", "tokens"]),
    );
    expect(Object.keys(before)).not.toContain("hidden_1");
    const changed = judged({ ...after, hidden_1: after["hidden_1"]!.map((value) => value + 1) });
    expect(changed["attention_normed"]).not.toEqual(before["attention_normed"]);
    expect(changed["logits"]).toEqual(before["logits"]);
    const changedLast = judged({ ...after, hidden_2: after["hidden_2"]!.map((value) => value + Math.cos(value)) });
    expect(changedLast["final_normed"]).not.toEqual(before["final_normed"]);
    expect(changedLast["attention_normed"]).toEqual(before["attention_normed"]);
  });
});

it.each([
  [{ layers: 0, vocab: 0 }, "RangeError: engine-step: expected layers to be a whole number of at least 1, got 0"],
  [{ layers: 1, vocab: -1 }, "RangeError: engine-step: expected vocab to be a whole number of at least 0, got -1"],
])("a step of %o is refused", (sizes, message) => {
  expect(messageOf(() => step.run({ ...layer, ...sizes }))).toBe(message);
});
