import type { Dtype } from "../kernel.ts";
import { elementwiseMain } from "../elementwise.ts";
import { directives, elementType, paramsBlock, rowStorer, storage, widthFor } from "../wgsl.ts";

/** Merges the partial sums of one query vector's splits: each is rescaled to the common maximum, then divided by all weights. */
export const mergeWgsl = (dtype: Dtype, headDim: number): string => {
  const width = widthFor(headDim);
  const steps = Math.ceil(headDim / 4);
  return `${directives(dtype)}
// out = Σ exp(mₛ − m)·sumₛ / Σ exp(mₛ − m)·weightsₛ over the splits s of a query vector, m the largest mₛ
// partial_sums: [vector][splits][${steps}] vec4 · partial_stats: [vector][splits] (maximum, sum of weights) · one thread per 4 elements of out

${paramsBlock(["first_vector", "vectors", "splits"])}
${storage(1, "partial_sums", "read", "vec4<f32>")}
${storage(2, "partial_stats", "read", "vec2<f32>")}
${storage(3, "out", "read_write", elementType(dtype, width))}

${rowStorer({ name: "store_out", buffer: "out", dtype, width, length: `${headDim}u` })}

${elementwiseMain(
  `params.vectors * ${steps}u`,
  `  let vector = at / ${steps}u;
  let first = vector * params.splits;
  var maximum = partial_stats[first].x;
  for (var i = 1u; i < params.splits; i++) { maximum = max(maximum, partial_stats[first + i].x); }
  var sum = vec4<f32>();
  var weights = 0f;
  for (var i = 0u; i < params.splits; i++) {
    let stats = partial_stats[first + i];
    let factor = exp(stats.x - maximum);
    sum = fma(vec4<f32>(factor), partial_sums[(first + i) * ${steps}u + at % ${steps}u], sum);
    weights = fma(factor, stats.y, weights);
  }
  store_out(params.first_vector + vector, at % ${steps}u, sum / weights);`,
)}`;
};
