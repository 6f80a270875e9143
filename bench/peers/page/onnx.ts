import * as ort from "onnxruntime-web/webgpu";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import { readBack } from "../../../harness/measure/read-back.ts";
import { onnxModel, type OnnxGraph } from "../onnx/model.ts";
import type { Contender, Way } from "./contender.ts";
import type { Library, SharedGpu } from "./library.ts";
import { type AttentionProblem, byHead, byToken, causalMask, keysTransposed, type MatmulProblem, queriesByHead } from "./problem.ts";

/** A tensor that is on the GPU before the first call. */
interface Given {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

interface Model extends Omit<OnnxGraph, "inputs"> {
  readonly given: readonly Given[];
  /** Outputs that are written where an input lies: a cache that grows in place. */
  readonly inPlace?: Readonly<Record<string, string>>;
}

const same = (result: Float32Array): Float32Array => result;

/** A session of one model. A run ends when its work is submitted: its output stays on the GPU. */
const contender = async (
  device: GPUDevice,
  { given, inPlace = {}, ...graph }: Model,
  layOut: (result: Float32Array) => ArrayLike<number>,
): Promise<Contender> => {
  const model = onnxModel({ ...graph, inputs: given });
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [{ name: "webgpu", device }],
    preferredOutputLocation: "gpu-buffer",
  });
  const buffers = new Map(
    given.map(({ name, data }) => {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = device.createBuffer({ label: name, size: Math.ceil(data.byteLength / 16) * 16, usage });
      device.queue.writeBuffer(buffer, 0, data);
      return [name, buffer];
    }),
  );
  const tensor = (name: string) => {
    const { shape } = given.find((each) => each.name === name)!;
    return ort.Tensor.fromGpuBuffer(buffers.get(name)!, { dataType: "float32", dims: shape });
  };
  const feeds = Object.fromEntries(given.map(({ name }) => [name, tensor(name)]));
  const placed = Object.fromEntries(Object.entries(inPlace).map(([output, input]) => [output, tensor(input)]));
  const fetches = { ...Object.fromEntries(graph.outputs.map(({ name }) => [name, null])), ...placed };
  const once = () => session.run(feeds, fetches);
  const free = (results: ort.InferenceSession.OnnxValueMapType) => {
    for (const [name, result] of Object.entries(results)) if (!(name in placed)) result.dispose();
  };
  return {
    issue: async (calls) => {
      for (let i = 0; i < calls; i++) free(await once());
    },
    output: async () => {
      const results = await once();
      const { gpuBuffer, size } = results[graph.outputs[0]!.name] as ort.Tensor;
      const { buffer } = await readBack(device, gpuBuffer, 0, size * 4);
      free(results);
      return layOut(new Float32Array(buffer));
    },
    destroy: async () => {
      await session.release();
      for (const buffer of buffers.values()) buffer.destroy();
    },
  };
};

const matmulWays = (device: GPUDevice, { m, n, k, a, weights, transposed }: MatmulProblem): Way[] => {
  const common = { given: [{ name: "a", shape: [m, k], data: a }], outputs: [{ name: "c", shape: [m, n] }] };
  return [
    {
      name: "MatMul, weights k×n",
      prepare: () =>
        contender(
          device,
          {
            ...common,
            constants: [{ name: "b", shape: [k, n], data: transposed() }],
            nodes: [{ op: "MatMul", inputs: ["a", "b"], outputs: ["c"] }],
          },
          same,
        ),
    },
    {
      name: "Gemm, weights n×k",
      prepare: () =>
        contender(
          device,
          {
            ...common,
            constants: [{ name: "w", shape: [n, k], data: weights }],
            nodes: [{ op: "Gemm", inputs: ["a", "w"], outputs: ["c"], attributes: { transB: { integer: 1 } } }],
          },
          same,
        ),
    },
  ];
};

/** The keys or values of this step's tokens: of the last position, or of a whole prompt. */
const newest = ({ sequences, rows, length, kvHeads, headDim }: AttentionProblem, cache: Float32Array): Float32Array<ArrayBuffer> => {
  const vector = kvHeads * headDim;
  const result = new Float32Array(sequences * rows * vector);
  for (let i = 0; i < sequences; i++) {
    result.set(cache.subarray((i * length + length - rows) * vector, (i + 1) * length * vector), i * rows * vector);
  }
  return result;
};

/** Keys and values of this step go into the cache where they belong, and the cache stays where it is. */
const groupQueryAttention = (problem: AttentionProblem): Model => {
  const { sequences, rows, length, heads, kvHeads, headDim } = problem;
  const cacheShape = [sequences, kvHeads, length, headDim];
  return {
    given: [
      { name: "query", shape: [sequences, rows, heads * headDim], data: problem.queries },
      { name: "key", shape: [sequences, rows, kvHeads * headDim], data: newest(problem, problem.keys) },
      { name: "value", shape: [sequences, rows, kvHeads * headDim], data: newest(problem, problem.values) },
      { name: "past_key", shape: cacheShape, data: byHead(problem, problem.keys) },
      { name: "past_value", shape: cacheShape, data: byHead(problem, problem.values) },
    ],
    constants: [
      { name: "last", shape: [sequences], data: new Int32Array(sequences).fill(length - 1) },
      { name: "total", shape: [1], data: Int32Array.of(length) },
    ],
    nodes: [
      {
        op: "GroupQueryAttention",
        domain: "com.microsoft",
        inputs: ["query", "key", "value", "past_key", "past_value", "last", "total"],
        outputs: ["out", "present_key", "present_value"],
        attributes: { num_heads: { integer: heads }, kv_num_heads: { integer: kvHeads } },
      },
    ],
    outputs: [
      { name: "out", shape: [sequences, rows, heads * headDim] },
      { name: "present_key", shape: cacheShape },
      { name: "present_value", shape: cacheShape },
    ],
    inPlace: { present_key: "past_key", present_value: "past_value" },
  };
};

const plainAttention = (problem: AttentionProblem): Model => {
  const { sequences, rows, length, heads, kvHeads, headDim } = problem;
  const batch = sequences * kvHeads;
  const groupRows = (heads / kvHeads) * rows;
  const isCausal = problem.family === "attention-prefill";
  return {
    given: [
      { name: "queries", shape: [batch, groupRows, headDim], data: queriesByHead(problem) },
      { name: "keys", shape: [batch, headDim, length], data: keysTransposed(problem) },
      { name: "values", shape: [batch, length, headDim], data: byHead(problem, problem.values) },
      ...(isCausal ? [{ name: "mask", shape: [1, groupRows, length], data: causalMask(problem) }] : []),
    ],
    constants: [{ name: "scale", shape: [1], data: Float32Array.of(1 / Math.sqrt(headDim)) }],
    nodes: [
      { op: "Mul", inputs: ["queries", "scale"], outputs: ["scaled"] },
      { op: "MatMul", inputs: ["scaled", "keys"], outputs: ["products"] },
      ...(isCausal ? [{ op: "Add", inputs: ["products", "mask"], outputs: ["scores"] }] : []),
      { op: "Softmax", inputs: [isCausal ? "scores" : "products"], outputs: ["weights"] },
      { op: "MatMul", inputs: ["weights", "values"], outputs: ["out"] },
    ],
    outputs: [{ name: "out", shape: [batch, groupRows, headDim] }],
  };
};

const attentionWays = (device: GPUDevice, problem: AttentionProblem): Way[] => [
  { name: "GroupQueryAttention", prepare: () => contender(device, groupQueryAttention(problem), same) },
  {
    name: "MatMul, Softmax, MatMul",
    prepare: () => contender(device, plainAttention(problem), (result) => byToken(problem, result)),
  },
];

export const startOnnx = async ({ device }: SharedGpu): Promise<Library> => {
  ort.env.wasm.wasmPaths = { wasm: new URL(wasmUrl, location.href).href };
  ort.env.webgpu.device = device;
  ort.env.logLevel = "error";
  return {
    name: "onnxruntime",
    device: "the page's device, handed to the WebGPU execution provider; a run a call, without graph capture, as by default",
    ways: (problem) => (problem.family === "matmul" ? matmulWays(device, problem) : attentionWays(device, problem)),
  };
};
