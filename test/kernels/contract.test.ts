import { describe, expect, it } from "vitest";
import { variantById, variants, variantsOf } from "../../kernels/index.ts";
import type { Dispatch, KernelRun, KernelVariant, Shape } from "../../kernels/kernel.ts";
import { messageOf } from "../message-of.ts";

const runsOf = (variant: KernelVariant): KernelRun[] => variant.verificationShapes.map((shape) => variant.run(shape));
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const BYTES = { f16: 2, f32: 4, u32: 4, "vec2<f32>": 8, "vec4<f32>": 16 } as const;

/** Bytes of workgroup memory a kernel declares. */
const workgroupBytes = ({ wgsl }: Dispatch): number =>
  sum(
    [...wgsl.matchAll(/var<workgroup> \w+: array<(vec4<f32>|vec2<f32>|f32|f16|u32), (\d+)>/g)].map(
      ([, type, length]) => BYTES[type as keyof typeof BYTES] * Number(length),
    ),
  );

const threads = ({ wgsl }: Dispatch): number => {
  const [, x = "0", y = "1"] = /@workgroup_size\((\d+)(?:, (\d+))?\)/.exec(wgsl) ?? [];
  return Number(x) * Number(y);
};

/** Sizes as a large model and a long context bring them: a vocabulary's matrix, 8,192 tokens, 131,072 keys. */
const LARGE: Readonly<Record<string, Shape>> = {
  copy: { length: 2 ** 29 },
  read: { length: 2 ** 29 },
  "multiply-add": { threads: 2 ** 24, steps: 4096 },
  "matrix-multiply-add": { tiles: 2 ** 18, steps: 4096 },
  matmul: { m: 8192, n: 152_064, k: 8192 },
  "matmul-f16w": { m: 8192, n: 152_064, k: 8192 },
  "matmul-q4": { m: 8192, n: 152_064, k: 8192 },
  "attention-prefill": { heads: 64, kv_heads: 8, head_dim: 128, chunk: 8192, context: 122_880 },
  "attention-decode": { heads: 64, kv_heads: 8, head_dim: 128, sequences: 256, context: 131_072 },
  "rms-norm": { tokens: 131_072, hidden: 8192 },
  "residual-norm": { tokens: 131_072, hidden: 8192 },
  "greedy-head": { rows: 1024, vocab: 152_064 },
  rotary: { tokens: 8192, heads: 64, kv_heads: 8, head_dim: 128, context: 1000 },
  swiglu: { tokens: 8192, intermediate: 28_672 },
  "residual-add": { length: 2 ** 29 },
  "decoder-layer": {
    hidden: 512,
    intermediate: 2048,
    heads: 64,
    kv_heads: 8,
    head_dim: 64,
    prefill_tokens: 8192,
    prefill_context: 1000,
    decode_sequences: 256,
    decode_context: 4096,
  },
  "engine-step": {
    hidden: 512,
    intermediate: 2048,
    heads: 64,
    kv_heads: 8,
    head_dim: 64,
    layers: 2,
    vocab: 128_256,
    prefill_tokens: 8192,
    prefill_context: 1000,
    decode_sequences: 256,
    decode_context: 4096,
  },
};

/** Limits every WebGPU device has. */
const MOST_WORKGROUPS = 65_535;
const MOST_THREADS = 256;
const MOST_WORKGROUP_BYTES = 16_384;
const MOST_STORAGE_BUFFERS = 8;

describe("the list of variants", () => {
  it("names each variant once", () => {
    expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length);
  });

  it("has f32 and f16 for everything that a model is made of", () => {
    const parts = [
      "matmul",
      "attention-prefill",
      "attention-decode",
      "rms-norm",
      "residual-norm",
      "rotary",
      "swiglu",
      "residual-add",
      "greedy-head",
    ];
    const families = [...parts, "decoder-layer", "engine-step"];
    for (const family of families) expect(new Set(variantsOf(family).map(({ dtype }) => dtype))).toEqual(new Set(["f32", "f16"]));
  });

  it("has for everything a variant that is made for no kind of adapter alone", () => {
    const kinds = (some: readonly KernelVariant[]) => new Set(some.map(({ family, dtype }) => `${family} ${dtype}`));
    expect(kinds(variants.filter(({ madeFor }) => madeFor === undefined))).toEqual(kinds(variants));
    expect(variants.some(({ madeFor }) => madeFor === "software")).toBe(true);
  });

  it("finds a variant by its id, and says so where there is none", () => {
    for (const variant of variants) expect(variantById(variant.id)).toBe(variant);
    expect(messageOf(() => variantById("matmul/magic-f32"))).toMatchInlineSnapshot(
      `"RangeError: no kernel variant named matmul/magic-f32"`,
    );
  });
});

describe.each(variants.map((variant) => [variant.id, variant] as const))("variant %s", (id, variant) => {
  it("begins its id with its family and asks for f16 where it holds f16", () => {
    expect(id.startsWith(`${variant.family}/`)).toBe(true);
    expect(variant.needs.includes("shader-f16")).toBe(variant.dtype === "f16");
    expect(
      runsOf(variant).every(({ dispatches }) => dispatches.every(({ wgsl }) => wgsl.includes("enable f16;") === (variant.dtype === "f16"))),
    ).toBe(true);
  });

  it("binds buffers that exist, writes every output, and reads nothing that was neither given nor written", () => {
    for (const { buffers, dispatches } of runsOf(variant)) {
      expect(new Set(buffers.map(({ name }) => name)).size).toBe(buffers.length);
      const ready = new Set(buffers.filter(({ fill }) => fill.kind !== "unset").map(({ name }) => name));
      for (const { bindings } of dispatches) {
        const named = (wanted: "read" | "read_write") => bindings.filter(({ access }) => access === wanted).map(({ buffer }) => buffer);
        for (const buffer of named("read")) expect(ready).toContain(buffer);
        for (const buffer of named("read_write")) ready.add(buffer);
      }
      for (const { name } of buffers) expect(ready).toContain(name);
    }
  });

  it("declares as many bindings as it is given, in their order of access", () => {
    for (const dispatch of runsOf(variant).flatMap(({ dispatches }) => dispatches)) {
      const declared = [...dispatch.wgsl.matchAll(/@binding\((\d+)\) var<(uniform|storage, (?:read|read_write))>/g)].map(
        ([, at, kind]) => `${at} ${kind}`,
      );
      const given = [...(dispatch.params === undefined ? [] : ["uniform"]), ...dispatch.bindings.map(({ access }) => `storage, ${access}`)];
      expect(declared).toEqual(given.map((kind, at) => `${at} ${kind}`));
      const [, fields = ""] = /struct Params \{ (.*) \}/.exec(dispatch.wgsl) ?? [];
      expect(fields.split(", ").length).toBe(dispatch.params?.length);
      expect(dispatch.params?.every((size) => Number.isInteger(size) && size >= 0 && size < 2 ** 32)).toBe(true);
    }
  });

  it("stays within the limits that every device has, for small shapes and for large ones", () => {
    const large = LARGE[variant.family];
    expect(large).toBeDefined();
    for (const dispatch of [...runsOf(variant), variant.run(large ?? {})].flatMap(({ dispatches }) => dispatches)) {
      for (const count of dispatch.workgroups) {
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(MOST_WORKGROUPS);
      }
      expect(threads(dispatch)).toBeGreaterThan(0);
      expect(threads(dispatch)).toBeLessThanOrEqual(MOST_THREADS);
      expect(workgroupBytes(dispatch)).toBeLessThanOrEqual(MOST_WORKGROUP_BYTES);
      expect(dispatch.bindings.length).toBeLessThanOrEqual(MOST_STORAGE_BUFFERS);
    }
  });

  it("requires the language's subgroup_id where it uses its builtins, and nowhere else: older browsers lack it", () => {
    for (const { wgsl } of runsOf(variant).flatMap(({ dispatches }) => dispatches)) {
      expect(wgsl.includes("requires subgroup_id;")).toBe(/@builtin\((subgroup_id|num_subgroups)\)/.test(wgsl));
    }
  });

  it("counts whole, positive work", () => {
    for (const { operations, bytes } of runsOf(variant)) {
      expect(Number.isInteger(operations) && operations >= 0).toBe(true);
      expect(Number.isInteger(bytes) && bytes > 0).toBe(true);
    }
  });

  it("refuses a shape of another family", () => {
    expect(() => variant.run({ apples: 3 })).toThrow(RangeError);
    expect(() => (variant.suits === undefined ? variant.run({ apples: 3 }) : variant.suits({ apples: 3 }))).toThrow(RangeError);
  });
});
