import type { Dtype } from "../../kernels/kernel.ts";
import { matmuls } from "../../kernels/matmul/index.ts";
import type { LinearLayer } from "../model/shapes.ts";
import type { Profile } from "../profile/schema.ts";
import { groupBy } from "../stats/group-by.ts";
import type { Seconds } from "../units.ts";
import type { Table } from "./device-model.ts";
import { measuredKernels, missing, sizeOf, type MeasuredKernel } from "./measured.ts";
import { tableSeconds } from "./table.ts";
import { tiledTable, type TiledPoint } from "./tiled-table.ts";

/** One measured layer: seconds by tokens, the fastest verified variant at each. */
interface MeasuredLinear {
  readonly n: number;
  readonly k: number;
  readonly byTokens: Table;
}

const asPoint = (kernel: MeasuredKernel): TiledPoint => {
  const known = matmuls.find(({ id }) => id === kernel.variant);
  return { tokens: sizeOf(kernel, "m"), seconds: kernel.seconds, computed: known?.rowsComputed ?? ((tokens) => tokens) };
};

/**
 * Times of linear layers on a device, measured or inferred.
 *
 * A layer of a measured (n, k) is read from its own table, which rises in steps where its kernel computes whole tiles. Another one takes seconds per weight, interpolated over log(n·k)
 * between the measured layers around it whose measurements reach on both sides of this token count; outside them the nearest one's holds.
 */
export interface LinearTimes {
  /** Every token count at which a table bends, rising; the first and the last were measured. */
  readonly tokens: readonly number[];
  seconds(layer: LinearLayer, tokens: number): Seconds;
  isMeasured(layer: LinearLayer): boolean;
  /** Token counts between which the layer's time stands on measurements. */
  range(layer: LinearLayer): readonly [number, number];
  /** Smallest and largest measured number of weights. */
  readonly weights: readonly [number, number];
}

/** @throws InputError where the profile has no matmul in this element type */
export const linearTimes = (profile: Profile, dtype: Dtype): LinearTimes => {
  const kernels = measuredKernels(profile, "matmul", dtype);
  const groups = groupBy(kernels, (kernel) => `${sizeOf(kernel, "n")}×${sizeOf(kernel, "k")}`);
  const layers: MeasuredLinear[] = [...groups.values()]
    .map((group) => ({
      n: sizeOf(group[0]!, "n"),
      k: sizeOf(group[0]!, "k"),
      byTokens: tiledTable(group.map(asPoint)),
    }))
    .sort((a, b) => a.n * a.k - b.n * b.k);
  if (layers.length === 0) throw missing(profile, `linear layers in ${dtype}`, "matmul");

  const same = ({ n, k }: LinearLayer) => layers.find((layer) => layer.n === n && layer.k === k);
  const perWeight = ({ n, k, byTokens }: MeasuredLinear, tokens: number) => tableSeconds(byTokens, tokens) / (n * k);
  const inferred = ({ n, k }: LinearLayer, tokens: number): Seconds => {
    const weights = n * k;
    const covering = layers.filter(({ byTokens: { at } }) => at[0]! <= tokens && tokens <= at.at(-1)!);
    const among = covering.length > 0 ? covering : layers;
    const below = among.findLast((layer) => layer.n * layer.k <= weights) ?? among[0]!;
    const above = among.find((layer) => layer.n * layer.k >= weights) ?? among.at(-1)!;
    const [low, high] = [below.n * below.k, above.n * above.k];
    const share = low === high ? 0 : Math.log(weights / low) / Math.log(high / low);
    return weights * ((1 - share) * perWeight(below, tokens) + share * perWeight(above, tokens));
  };
  const tokens = [...new Set(layers.flatMap((layer) => layer.byTokens.at))].sort((a, b) => a - b);
  return {
    tokens,
    seconds: (layer, tokens) => {
      const measured = same(layer);
      return measured === undefined ? inferred(layer, tokens) : tableSeconds(measured.byTokens, tokens);
    },
    isMeasured: (layer) => same(layer) !== undefined,
    range: (layer) => {
      const at = same(layer)?.byTokens.at ?? tokens;
      return [at[0]!, at.at(-1)!];
    },
    weights: [layers[0]!.n * layers[0]!.k, layers.at(-1)!.n * layers.at(-1)!.k],
  };
};
