import type { BufferSpec, Dtype } from "../kernel.ts";
import { elementType, rowLoader, storage } from "../wgsl.ts";

/**
 * How a layer's weights W (n×k, the weights of one output side by side) lie in memory, and how a kernel reads them as f32.
 *
 * A kernel goes along k in blocks of 4 · `quads` weights, as many as one load brings: `load_w(row, block)` gives a vec4<f32> where
 * `quads` is 1, a mat2x4<f32> where it is 2, zero beyond the end of a row.
 */
export interface WeightFormat {
  /** Family of the matmuls that read it: the same problem with other weights is another problem. */
  readonly family: string;
  /** For the head of a kernel: what is in the buffer `w`. */
  readonly layout: string;
  readonly quads: 1 | 2;
  /** k is a multiple of this. */
  readonly multiple: number;
  /** Whether rows of k weights can be loaded a whole block at a time: they all start where a block may. */
  readonly isWide: (k: number) => boolean;
  /** Buffers of a layer's random weights, of which every output has unit variance for inputs of unit variance; `name` is that of the first. */
  readonly buffers: (name: string, n: number, k: number) => readonly BufferSpec[];
  /** Declarations of those buffers, bound from `first` on. */
  readonly bindings: (first: number, isWide: boolean) => readonly string[];
  /** `load_w` and what it needs. */
  readonly loader: (isWide: boolean) => string;
  /** The weights that the buffers' values stand for. */
  readonly weights: (values: readonly Float64Array[], layer: { readonly n: number; readonly k: number }) => Float64Array;
}

/** Scale of uniform random weights for which k inputs of unit variance give an output of unit variance. */
export const weightScale = (k: number): number => Math.sqrt(3 / k);

/** A buffer of a model's weights. */
const weightsBuffer = (name: string, type: BufferSpec["type"], length: number, fill: BufferSpec["fill"]): BufferSpec => ({
  name,
  role: "input",
  type,
  length,
  fill,
  holds: "weights",
});

/** The same, uniform in ±scale. */
export const uniformWeights = (name: string, type: Dtype, length: number, scale: number): BufferSpec =>
  weightsBuffer(name, type, length, { kind: "random", scale });

const halfLoader = (isWide: boolean): string =>
  isWide
    ? `fn load_w(row: u32, block: u32) -> mat2x4<f32> {
  let words = w[row * (params.k / 8u) + block];
  return mat2x4<f32>(
    vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y)),
    vec4<f32>(unpack2x16float(words.z), unpack2x16float(words.w)),
  );
}`
    : `fn weight(row: u32, column: u32) -> f32 {
  let index = row * params.k + min(column, params.k - 1u);
  return select(0.0, unpack2x16float(w[index / 2u])[index % 2u], column < params.k);
}

fn load_w(row: u32, block: u32) -> mat2x4<f32> {
  let column = 8u * block;
  return mat2x4<f32>(
    vec4<f32>(weight(row, column), weight(row, column + 1u), weight(row, column + 2u), weight(row, column + 3u)),
    vec4<f32>(weight(row, column + 4u), weight(row, column + 5u), weight(row, column + 6u), weight(row, column + 7u)),
  );
}`;

/** f16 weights, read as pairs in a u32: eight to a load, and on a device without shader-f16 as well. */
export const halfWeights: WeightFormat = {
  family: "matmul-f16w",
  layout: "W: n×k row-major f16, two in a u32, the first in its low half",
  quads: 2,
  multiple: 1,
  isWide: (k) => k % 8 === 0,
  buffers: (name, n, k) => [uniformWeights(name, "f16", n * k, weightScale(k))],
  bindings: (first, isWide) => [storage(first, "w", "read", isWide ? "vec4<u32>" : "u32")],
  loader: halfLoader,
  weights: ([w]) => w!,
};

/** Weights of the activations' own type. */
export const plainWeights = (dtype: Dtype): WeightFormat =>
  dtype === "f16"
    ? { ...halfWeights, family: "matmul", layout: "W: n×k row-major f16" }
    : {
        family: "matmul",
        layout: "W: n×k row-major f32",
        quads: 1,
        multiple: 1,
        isWide: (k) => k % 4 === 0,
        buffers: (name, n, k) => [uniformWeights(name, "f32", n * k, weightScale(k))],
        bindings: (first, isWide) => [storage(first, "w", "read", elementType("f32", isWide ? 4 : 1))],
        loader: (isWide) => rowLoader({ name: "load_w", buffer: "w", dtype: "f32", width: isWide ? 4 : 1, length: "params.k" }),
        weights: ([w]) => w!,
      };

/** Weights in a group that share a scale. */
export const GROUP = 32;

/** Root mean square of the integers −8 … 7. */
const RMS = Math.sqrt(21.5);

/**
 * 4-bit weights in groups of 32 along k with a scale each: weight = (q − 8) · scale, q in 0 … 15. Symmetric, zero point 8: Q4_0 of
 * llama.cpp, MatMulNBits of ONNX Runtime and q4f16 of MLC are this, packed differently.
 *
 * `w`: n rows of k/8 u32; of word i of a row, bits 4j to 4j + 3 are the q of k = 8i + j. `w_scales`: n rows of k/32 f16, two in a u32,
 * the first in its low half; a row may begin in a high half. 4.5 bits a weight.
 */
export const q4Weights: WeightFormat = {
  family: "matmul-q4",
  layout: "W: n×k row-major 4-bit, q of k = 8i + j in bits 4j… of word i; a weight is (q − 8) · the f16 scale of its 32 along k",
  quads: 2,
  multiple: GROUP,
  isWide: () => true,
  buffers: (name, n, k) => [
    weightsBuffer(name, "u32", (n * k) / 8, { kind: "bits" }),
    // Scales are uniform around zero: their root mean square is 1/√3 of the largest.
    uniformWeights(`${name}_scales`, "f16", (n * k) / GROUP, weightScale(k) / RMS),
  ],
  bindings: (first) => [storage(first, "w", "read", "u32"), storage(first + 1, "w_scales", "read", "u32")],
  loader:
    () => `// (q − 8) · 16ʲ for the four q in the low half of a word. They stay where they are, in the fraction of 2²³, where one step is 1:
// nothing is shifted, and nothing rounded
fn integers(word: u32) -> vec4<f32> {
  let q = (vec4<u32>(word) & vec4<u32>(0xfu, 0xf0u, 0xf00u, 0xf000u)) | vec4<u32>(0x4b000000u);
  return bitcast<vec4<f32>>(q) - (8388608.0 + vec4<f32>(8.0, 128.0, 2048.0, 32768.0));
}

fn load_w(row: u32, block: u32) -> mat2x4<f32> {
  let group = row * (params.k / ${GROUP}u) + block / ${GROUP / 8}u;
  let scales = w_scales[group / 2u];
  let scale = unpack2x16float(select(scales, scales >> 16u, group % 2u == 1u)).x;
  let steps = scale * vec4<f32>(1.0, 0.0625, 0.00390625, 0.000244140625);
  let word = w[row * (params.k / 8u) + block];
  return mat2x4<f32>(steps * integers(word), steps * integers(word >> 16u));
}`,
  weights: ([words, scales], { n, k }) =>
    Float64Array.from({ length: n * k }, (_, i) => (((words![i >> 3]! / 16 ** (i & 7)) & 15) - 8) * scales![Math.floor(i / GROUP)]!),
};
