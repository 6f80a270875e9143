import * as tf from "@tensorflow/tfjs-core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Contender, Way } from "./contender.ts";
import type { Library, SharedGpu } from "./library.ts";
import { type AttentionProblem, byHead, byToken, causalMask, keysTransposed, type MatmulProblem, queriesByHead } from "./problem.ts";

/** A function of tensors that are on the GPU; what it makes on the way is freed. */
const contender = (
  backend: WebGPUBackend,
  inputs: readonly tf.Tensor[],
  call: () => tf.Tensor,
  layOut: (result: Float32Array) => ArrayLike<number>,
): Contender => ({
  issue: (calls) => {
    for (let i = 0; i < calls; i++) tf.tidy(call).dispose();
    // It gathers dispatches into batches of 15: the last batch may be waiting.
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
  },
  output: async () => {
    const result = tf.tidy(call);
    const values = await result.data<"float32">();
    result.dispose();
    return layOut(values);
  },
  destroy: () => tf.dispose([...inputs]),
});

const same = (result: Float32Array): Float32Array => result;

const matmulWays = (backend: WebGPUBackend, { m, n, k, a, weights, transposed }: MatmulProblem): Way[] => {
  const way = (name: string, b: () => tf.Tensor2D, isTransposed: boolean): Way => ({
    name,
    prepare: async () => {
      const [left, right] = [tf.tensor2d(a, [m, k]), b()];
      return contender(backend, [left, right], () => tf.matMul(left, right, false, isTransposed), same);
    },
  });
  return [
    way("matMul(a, b)", () => tf.tensor2d(transposed(), [k, n]), false),
    way("matMul(a, w, false, true)", () => tf.tensor2d(weights, [n, k]), true),
  ];
};

const attentionWays = (backend: WebGPUBackend, problem: AttentionProblem): Way[] => {
  const { sequences, rows, length, heads, kvHeads, headDim } = problem;
  const batch = sequences * kvHeads;
  const groupRows = (heads / kvHeads) * rows;
  const way = (name: string, keysOf: () => tf.Tensor3D, areTransposed: boolean): Way => ({
    name,
    prepare: async () => {
      const queries = tf.tensor3d(queriesByHead(problem), [batch, groupRows, headDim]);
      const keys = keysOf();
      const values = tf.tensor3d(byHead(problem, problem.values), [batch, length, headDim]);
      const mask = problem.family === "attention-prefill" ? tf.tensor3d(causalMask(problem), [1, groupRows, length]) : null;
      const scale = 1 / Math.sqrt(headDim);
      const call = () => {
        const scores = tf.matMul(tf.mul(queries, scale), keys, false, !areTransposed);
        return tf.matMul(tf.softmax(mask === null ? scores : tf.add(scores, mask)), values);
      };
      return contender(backend, [queries, keys, values, ...(mask === null ? [] : [mask])], call, (result) => byToken(problem, result));
    },
  });
  return [
    way("matMul, softmax, matMul", () => tf.tensor3d(byHead(problem, problem.keys), [batch, length, headDim]), false),
    way("the same, keys transposed", () => tf.tensor3d(keysTransposed(problem), [batch, headDim, length]), true),
  ];
};

/** Its own factory would ask for another device: it is replaced by one that has the page's. */
export const startTfjs = async ({ adapter, device }: SharedGpu): Promise<Library> => {
  const backend = new WebGPUBackend(device, adapter.info);
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => backend);
  if (!(await tf.setBackend("webgpu"))) throw new Error("its WebGPU backend did not start");
  await tf.ready();
  return {
    name: "tfjs",
    device: "the page's device, handed to WebGPUBackend; its own choice among its matmul programs",
    ways: (problem) => (problem.family === "matmul" ? matmulWays(backend, problem) : attentionWays(backend, problem)),
  };
};
