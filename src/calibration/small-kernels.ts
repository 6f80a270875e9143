import { median } from "simple-statistics";
import type { Dtype, KernelVariant } from "../../kernels/kernel.ts";
import type { LayerSizes } from "../../kernels/layer/linears.ts";
import { GREEDY_FAMILY, greedyHead } from "../../kernels/layer/greedy-head.ts";
import { residualAdd } from "../../kernels/layer/residual-add.ts";
import { residualNorm, rmsNorm } from "../../kernels/layer/rms-norm.ts";
import { rotary } from "../../kernels/layer/rotary.ts";
import { swiglu } from "../../kernels/layer/swiglu.ts";
import type { Profile } from "../profile/schema.ts";
import { relativeNonNegativeLeastSquares } from "../stats/least-squares.ts";
import type { Seconds } from "../units.ts";
import { measuredKernels, measurementsOf, missing } from "./measured.ts";

/** Everything in a layer but its linear layers and attention: seconds of starting them, and seconds for each token. */
export interface SmallKernels {
  /** Norms, rotary embedding and append to the cache, activation and residuals, once a layer. */
  readonly setup_s: Seconds;
  readonly per_token_s: Seconds;
  /** One norm over so many rows, as stands before the head. */
  norm(rows: number): Seconds;
  /** Choosing the token of each row, as stands after the head; null where it was not measured: then no step did it. */
  readonly choice: ((rows: number, vocab: number) => Seconds) | null;
  /** Families that were not measured and are taken from copy bandwidth. */
  readonly inferred: readonly string[];
}

/** A kernel that moves memory and computes little: set-up and seconds per byte. */
interface Line {
  readonly setup_s: Seconds;
  readonly s_per_byte: number;
}

/**
 * Small kernels of one layer, each as set-up + bytes / bandwidth: fitted where its family was measured, else from the cost of a
 * dispatch and the highest measured copy bandwidth (a timed kernel's own dispatch is inside its time, an untimed one's is not).
 *
 * @throws InputError where a family was not measured and neither copy nor dispatch overhead was
 */
export const smallKernels = (profile: Profile, sizes: LayerSizes, dtype: Dtype): SmallKernels => {
  const inferred: string[] = [];
  const lineOf = (family: string): Line => {
    const kernels = measuredKernels(profile, family, dtype);
    if (kernels.length === 0) {
      inferred.push(family);
      return copyLine(profile);
    }
    const [setup = 0, perByte = 0] = relativeNonNegativeLeastSquares(
      kernels.map(({ bytes }) => [1, bytes]),
      kernels.map(({ seconds }) => seconds),
    );
    return { setup_s: setup, s_per_byte: perByte };
  };
  const [norm, activation, residual, rotation] = [lineOf("rms-norm"), lineOf("swiglu"), lineOf("residual-add"), lineOf("rotary")];
  // A profile from before the two were one kernel has a step that ran them one after the other.
  const isFused = measuredKernels(profile, "residual-norm", dtype).length > 0;
  const fused = isFused ? lineOf("residual-norm") : null;
  const isChosen = measuredKernels(profile, GREEDY_FAMILY, dtype).length > 0;
  const greedy = isChosen ? lineOf(GREEDY_FAMILY) : null;
  const { hidden, intermediate, heads, kv_heads, head_dim } = sizes;
  const normPerToken = norm.s_per_byte * bytesPerToken(rmsNorm(dtype), (tokens) => ({ tokens, hidden }));
  const residualPerToken = residual.s_per_byte * bytesPerToken(residualAdd(dtype), (tokens) => ({ length: tokens * hidden }));
  const betweenPerToken =
    fused === null
      ? residualPerToken + normPerToken
      : fused.s_per_byte * bytesPerToken(residualNorm(dtype), (tokens) => ({ tokens, hidden }));
  const perToken =
    normPerToken +
    betweenPerToken +
    residualPerToken +
    activation.s_per_byte * bytesPerToken(swiglu(dtype), (tokens) => ({ tokens, intermediate })) +
    rotation.s_per_byte * bytesPerToken(rotary(dtype), (tokens) => ({ tokens, heads, kv_heads, head_dim, context: 0 }));
  return {
    setup_s:
      norm.setup_s +
      (fused === null ? residual.setup_s + norm.setup_s : fused.setup_s) +
      residual.setup_s +
      activation.setup_s +
      rotation.setup_s,
    per_token_s: perToken,
    norm: (rows) => norm.setup_s + rows * normPerToken,
    choice: greedy === null ? null : (rows, vocab) => greedy.setup_s + greedy.s_per_byte * greedyHead(dtype).run({ rows, vocab }).bytes,
    inferred,
  };
};

const copyLine = (profile: Profile): Line => {
  const copies = measuredKernels(profile, "copy", "f32");
  const [overhead] = measurementsOf(profile, "overhead");
  if (copies.length === 0) throw missing(profile, "copy bandwidth", "copy");
  if (overhead === undefined) throw missing(profile, "dispatch overhead", "overhead");
  const perByte = Math.min(...copies.map(({ seconds, bytes }) => seconds / bytes));
  return { setup_s: Math.max(0, median(overhead.switched_dispatch_s)), s_per_byte: perByte };
};

const bytesPerToken = (variant: KernelVariant, shape: (tokens: number) => Record<string, number>): number =>
  variant.run(shape(2)).bytes - variant.run(shape(1)).bytes;
