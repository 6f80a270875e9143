/**
 * What a kernel is to everyone outside this folder: text for the GPU plus everything needed to run, judge and account for it.
 *
 * A kernel family (`matmul`, `attention-decode`, …) has several variants that compute the same thing. A variant applied to a
 * shape gives a `KernelRun`: buffers and dispatches for the GPU, the work and bytes it stands for, and the f64 reference with a
 * derived error bound. Nothing here touches a device.
 */

/** Element type of weights and activations. Accumulation is always f32. */
export type Dtype = "f32" | "f16";

/** WebGPU features a variant needs besides the core. */
export type KernelFeature = "shader-f16" | "subgroups" | "chromium-experimental-subgroup-matrix";

/**
 * One multiplication that a GPU's matrix units do as a whole: m×k of `component` times k×n, added to m×n of `result`, by a subgroup of
 * exactly `subgroup` invocations.
 */
export interface SubgroupMatrix {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly component: Dtype;
  readonly result: Dtype;
  readonly subgroup: number;
}

/** Sizes of one problem, by name: `{ m: 16, n: 2048, k: 2048 }`. Whole numbers ≥ 1 (a context may be 0). */
export type Shape = Readonly<Record<string, number>>;

/** How a buffer is filled before the first dispatch. */
export type Fill =
  /** Uniform random values in [-scale, scale) from the harness's seeded generator; never zero or subnormal: zeros run faster, subnormals may be flushed. */
  | { readonly kind: "random"; readonly scale: number }
  /** Random 32-bit words, every one as likely as another: packed integers. */
  | { readonly kind: "bits" }
  /** Exact unsigned integers (a block table, sequence lengths). */
  | { readonly kind: "indices"; readonly values: Uint32Array }
  /** Given real numbers (a table of cosines and sines), rounded to the buffer's type. */
  | { readonly kind: "values"; readonly values: Float64Array }
  /** Written by a dispatch before it is read. */
  | { readonly kind: "unset" };

/** One buffer. Its size is rounded up to a multiple of 16 bytes, so that a kernel that moves vec4s may touch the padding. */
export interface BufferSpec {
  readonly name: string;
  readonly role: "input" | "output" | "scratch";
  /** u32 for indices and packed integers; otherwise what is in it, which a kernel without f16 may read as pairs in a u32. */
  readonly type: Dtype | "u32";
  /** Elements, not bytes. */
  readonly length: number;
  readonly fill: Fill;
  /**
   * What of a model it holds, where a step reads it once and all other layers' come in between before the next: a cold run finds it in
   * memory and not in a cache. Absent for activations and small tables, which a real step has just written or read.
   */
  readonly holds?: "weights" | "kv-cache";
}

/** One `dispatchWorkgroups`. Bindings are at group 0 in order; where `params` is given it is a uniform buffer of u32 at binding 0. */
export interface Dispatch {
  readonly label: string;
  readonly wgsl: string;
  readonly entryPoint: string;
  readonly params?: readonly number[];
  readonly bindings: readonly { readonly buffer: string; readonly access: "read" | "read_write" }[];
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** One element the GPU got wrong: index into the output, value got, f64 reference, and the bound it exceeded. */
export interface Mismatch {
  readonly buffer: string;
  readonly index: number;
  readonly got: number;
  readonly expected: number;
  readonly bound: number;
}

/** Values of buffers by name, exactly as the GPU holds them (already rounded to f16 where the buffer is f16). */
export type Values = Readonly<Record<string, Float64Array>>;

/** What the reference says about one output: expected values and, element by element, the largest error that arithmetic allows. */
export interface Reference {
  readonly buffer: string;
  readonly expected: Float64Array;
  readonly bound: Float64Array;
}

/** A variant applied to a shape: everything needed to run it once and to judge what came out. */
export interface KernelRun {
  readonly buffers: readonly BufferSpec[];
  readonly dispatches: readonly Dispatch[];
  /** Arithmetic of the problem itself (not of the variant): 2·m·n·k for a matmul. */
  readonly operations: number;
  /** Bytes the problem must move between memory and the GPU at least once: each input read once, each output written once. */
  readonly bytes: number;
  /**
   * The f64 references with their bounds; may be slow, so called for verification only.
   *
   * @param inputs what the input buffers were filled with
   * @param after what the buffers that the dispatches write held after one run. A run of several stages (a decoder layer) is judged
   *   stage by stage, each on what the stage before it left, since a worst-case bound over all of them would allow anything.
   */
  reference(inputs: Values, after: Values): readonly Reference[];
}

export interface KernelVariant {
  /** `<family>/<variant>`, stable: it names the variant in profiles. */
  readonly id: string;
  readonly family: string;
  readonly dtype: Dtype;
  readonly needs: readonly KernelFeature[];
  /** The matrix units it is written for; a device without just these cannot run it. Absent where it needs none. */
  readonly matrix?: SubgroupMatrix;
  /** One line for a reader: the technique and the tile. */
  readonly summary: string;
  /** Raised when a change could change its speed or its result; part of the key under which a choice is kept. */
  readonly version: number;
  /** Shapes this variant must pass before it may be timed: odd sizes, single rows and columns, one under and over a tile. */
  readonly verificationShapes: readonly Shape[];
  /**
   * Whether it may be the fastest of its family at a shape, judged from the shape alone: for a tuner, which need not time a tile of 128
   * rows for one token. It is right at every shape; absent where it may be fastest at any.
   *
   * @throws RangeError as `run`
   */
  suits?(shape: Shape): boolean;
  /**
   * The kind of adapter it is written for, where that is not any: on a GPU, a text for a software adapter takes long to compile and spills
   * its registers, so a tuner there need not time it. It is right on every adapter all the same.
   */
  readonly madeFor?: "software";
  /** @throws RangeError where the shape is not one of this family's (a missing or non-integer size) */
  run(shape: Shape): KernelRun;
}

/** The first few elements outside their bound, worst first; none where the kernel is right. NaN and infinity never pass. */
export const mismatches = (got: Readonly<Record<string, ArrayLike<number>>>, references: readonly Reference[], most = 3): Mismatch[] => {
  const found: Mismatch[] = [];
  for (const { buffer, expected, bound } of references) {
    const values = got[buffer];
    if (values === undefined) throw new RangeError(`no output named ${buffer}`);
    for (let index = 0; index < expected.length; index++) {
      const value = values[index] ?? Number.NaN;
      const want = expected[index] ?? Number.NaN;
      const limit = bound[index] ?? 0;
      if (!(Math.abs(value - want) <= limit)) found.push({ buffer, index, got: value, expected: want, bound: limit });
    }
  }
  const excess = (m: Mismatch) => (Number.isFinite(m.got) ? Math.abs(m.got - m.expected) / m.bound : Infinity);
  return found.sort((a, b) => excess(b) - excess(a)).slice(0, most);
};
