import { elementwiseGrid, elementwiseMain } from "../elementwise.ts";
import type { BufferSpec, Dispatch, Dtype } from "../kernel.ts";
import { directives, needsOf, paramsBlock, storage } from "../wgsl.ts";
import { matmulDispatch, type MatmulTypes } from "./micro-kernel.ts";
import { type MatmulBuffers, type MatmulSizes, type MatmulVariant, matmulVariant } from "./problem.ts";
import { tiledMatmul, tiledName, type TiledStructure, tileWgsl } from "./tiled.ts";
import type { WeightFormat } from "./weight-format.ts";

/**
 * For few tokens: too few tiles to fill a device, so each tile's k is cut into slices, a workgroup to each. Their partial sums meet in a
 * second dispatch, in the order of the slices, so that the result is the same every time.
 */

/** Workgroups that fill a large device: a few for each of its some hundred processors. */
const ENOUGH_WORKGROUPS = 512;

/** A slice of k shorter than this costs more in partial sums than it brings. */
const SHORTEST_SLICE = 256;

/** Slices of k, and the length of each but the last; a whole number of staged tiles. */
const slicesOf = ({ m, n, k }: MatmulSizes, { tileM, tileN, tileK }: TiledStructure): { slices: number; length: number } => {
  const tiles = Math.ceil(m / tileM) * Math.ceil(n / tileN);
  const wanted = Math.max(1, Math.min(Math.floor(ENOUGH_WORKGROUPS / tiles), Math.floor(k / SHORTEST_SLICE)));
  const length = Math.ceil(k / wanted / tileK) * tileK;
  return { slices: Math.ceil(k / length), length };
};

export const sliceWgsl = (types: MatmulTypes, structure: TiledStructure): string =>
  tileWgsl(types, structure, {
    comment: " and slice of k (partial: slices×m×n f32)",
    params: ["slice_blocks"],
    result: { name: "partial", type: "f32" },
    store: `fn store(slice: u32, row: u32, column: u32, value: f32) {
  if (row < params.m && column < params.n) { partial[(slice * params.m + row) * params.n + column] = value; }
}
`,
    blocks: (all) =>
      `  let first_block = group.z * params.slice_blocks;\n  let end_block = min(first_block + params.slice_blocks, ${all});`,
    storeOne: (row, column, sum) => `store(group.z, ${row}, ${column}, ${sum})`,
  });

export const sumSlicesWgsl = (dtype: Dtype): string => `${directives(dtype)}
// c = the sum of all slices of partial: slices×length f32 · c: length ${dtype}
// one thread per element

${paramsBlock(["length", "slices"])}
${storage(1, "partial", "read", "f32")}
${storage(2, "c", "read_write", dtype)}

${elementwiseMain(
  "params.length",
  `  var sum = 0.0;
  for (var slice = 0u; slice < params.slices; slice++) { sum += partial[slice * params.length + at]; }
  c[at] = ${dtype}(sum);`,
)}`;

export const splitMatmul = (dtype: Dtype, format: WeightFormat, structure: TiledStructure): MatmulVariant => {
  const { tileM, tileN } = structure;
  const name = `split-${tiledName(structure)}`;
  const whole = tiledMatmul(dtype, format, structure);
  const plan = (sizes: MatmulSizes, buffers: MatmulBuffers): ReturnType<MatmulVariant["plan"]> => {
    const { slices, length } = slicesOf(sizes, structure);
    if (slices === 1) return whole.plan(sizes, buffers);
    const { m, n, k } = sizes;
    const types = { dtype, format, isWide: format.isWide(k) };
    const partials: BufferSpec = {
      name: `${buffers.c}_partials`,
      role: "scratch",
      type: "f32",
      length: slices * m * n,
      fill: { kind: "unset" },
    };
    const dispatches: Dispatch[] = [
      matmulDispatch(
        types,
        sizes,
        { ...buffers, c: partials.name },
        {
          label: `${format.family} ${name}`,
          wgsl: sliceWgsl(types, structure),
          params: [length / (4 * format.quads)],
          workgroups: [Math.ceil(n / tileN), Math.ceil(m / tileM), slices],
        },
      ),
      {
        label: `${format.family} sum of slices`,
        wgsl: sumSlicesWgsl(dtype),
        entryPoint: "main",
        params: [m * n, slices],
        bindings: [
          { buffer: partials.name, access: "read" },
          { buffer: buffers.c, access: "read_write" },
        ],
        workgroups: elementwiseGrid(m * n),
      },
    ];
    return { dispatches, scratch: [partials] };
  };
  return matmulVariant({
    name,
    dtype,
    format,
    needs: needsOf(dtype),
    summary: `${tileM}×${tileN} tiles through workgroup memory, k cut into slices that are summed in a second dispatch`,
    version: 1,
    verificationShapes: [
      { m: 1, n: 3, k: 2 * SHORTEST_SLICE + 3 },
      { m: tileM + 1, n: tileN + 1, k: 4 * SHORTEST_SLICE },
      { m: tileM - 1, n: 2, k: SHORTEST_SLICE },
    ],
    tileRows: () => tileM,
    suits: (sizes) => sizes.m <= 4 * tileM && slicesOf(sizes, structure).slices > 1,
    plan,
  });
};
