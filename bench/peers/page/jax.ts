import { type Array as JaxArray, defaultDevice, getWebGPUDevice, init, jit, nn, numpy } from "@jax-js/jax";
import type { Contender, Way } from "./contender.ts";
import type { Library, SharedGpu } from "./library.ts";
import { type AttentionProblem, byHead, byToken, causalMask, keysTransposed, type MatmulProblem, queriesByHead } from "./problem.ts";

const same = (result: Float32Array): Float32Array => result;

/** Calls consume a reference to each argument, so each is handed a new one. */
const contender = (
  inputs: readonly JaxArray[],
  call: (...inputs: JaxArray[]) => JaxArray,
  layOut: (result: Float32Array) => ArrayLike<number>,
): Contender => {
  const compiled = jit(call);
  const once = (): JaxArray => compiled(...inputs.map((input) => input.ref));
  return {
    issue: (calls) => {
      // Evaluation is lazy: a result that nobody asks for is never computed. Asking for its buffer dispatches and frees it.
      for (let i = 0; i < calls; i++) once().gpuBufferSync();
    },
    output: async () => layOut((await once().data()) as Float32Array),
    destroy: () => {
      for (const input of inputs) input.dispose();
      compiled.dispose();
    },
  };
};

const matmulWays = ({ m, n, k, a, weights, transposed }: MatmulProblem): Way[] => {
  const left = () => numpy.array(a, { shape: [m, k] });
  return [
    {
      name: "jit(matmul(a, b))",
      prepare: async () => contender([left(), numpy.array(transposed(), { shape: [k, n] })], (x, y) => numpy.matmul(x, y), same),
    },
    {
      name: "jit(matmul(a, w.T))",
      prepare: async () =>
        contender([left(), numpy.array(weights, { shape: [n, k] })], (x, y) => numpy.matmul(x, numpy.matrixTranspose(y)), same),
    },
  ];
};

const attentionWays = (problem: AttentionProblem): Way[] => {
  const { sequences, rows, length, heads, kvHeads, headDim } = problem;
  const isCausal = problem.family === "attention-prefill";
  const batch = sequences * kvHeads;
  const groupRows = (heads / kvHeads) * rows;
  const scale = 1 / Math.sqrt(headDim);
  return [
    {
      name: "jit(nn.dotProductAttention)",
      prepare: async () => {
        const cache = { shape: [sequences, length, kvHeads, headDim] };
        const inputs = [
          numpy.array(problem.queries, { shape: [sequences, rows, heads, headDim] }),
          numpy.array(problem.keys, cache),
          numpy.array(problem.values, cache),
        ];
        return contender(inputs, (q, k, v) => nn.dotProductAttention(q, k, v, { isCausal }), same);
      },
    },
    {
      name: "jit(matmul, softmax, matmul)",
      prepare: async () => {
        const inputs = [
          numpy.array(queriesByHead(problem), { shape: [batch, groupRows, headDim] }),
          numpy.array(keysTransposed(problem), { shape: [batch, headDim, length] }),
          numpy.array(byHead(problem, problem.values), { shape: [batch, length, headDim] }),
          ...(isCausal ? [numpy.array(causalMask(problem), { shape: [1, groupRows, length] })] : []),
        ];
        return contender(
          inputs,
          (q, k, v, mask?: JaxArray) => {
            const scores = numpy.matmul(q.mul(scale), k);
            return numpy.matmul(nn.softmax(mask === undefined ? scores : scores.add(mask), -1), v);
          },
          (result) => byToken(problem, result),
        );
      },
    },
  ];
};

/** Work during which the browser answers a request for a GPU with the page's own. */
const withPagesGpu = async <T>({ adapter, device }: SharedGpu, work: () => Promise<T>): Promise<T> => {
  const { features, limits, info } = adapter;
  const answer = { features, limits, info, requestDevice: async () => device };
  Object.defineProperty(navigator.gpu, "requestAdapter", { configurable: true, value: async () => answer });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(navigator.gpu, "requestAdapter");
  }
};

/** It takes no device and asks the browser for one: while it starts, the browser's answer is the page's. */
export const startJax = async (gpu: SharedGpu): Promise<Library> => {
  const started = await withPagesGpu(gpu, () => init("webgpu"));
  if (!started.includes("webgpu")) throw new Error("its WebGPU backend did not start");
  if (getWebGPUDevice() !== gpu.device) throw new Error("it did not take the page's device");
  defaultDevice("webgpu");
  return {
    name: "jax-js",
    device: "the page's device, given in answer to its own request; its kernels tuned by its own rules, as by default",
    ways: (problem) => (problem.family === "matmul" ? matmulWays(problem) : attentionWays(problem)),
  };
};
