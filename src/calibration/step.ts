import { median } from "simple-statistics";
import type { HeadSizes } from "../../kernels/attention/problem.ts";
import type { Dtype } from "../../kernels/kernel.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { headLinear, layerSizes, type LinearLayer } from "../model/shapes.ts";
import type { Profile } from "../profile/schema.ts";
import { isSameLayout } from "./attention.ts";
import { compositeError } from "./composites.ts";
import type { Table } from "./device-model.ts";
import { layerCurve, type LayerCurve } from "./layer.ts";
import { linearTimes, type LinearTimes } from "./linear.ts";
import { measuredKernels, measurementsOf, missing } from "./measured.ts";
import type { ComposedCurve } from "./step-curve.ts";
import { stepTerms } from "./step-terms.ts";
import { tableOf } from "./table.ts";

/**
 * The step curve of a whole model: one layer composed from measured kernels, times layers, plus the last norm, the head and one
 * submit. A timed kernel's own dispatch is inside its time and is not counted again.
 *
 * Left out: waiting on the CPU for the chosen token, and any choice but the likeliest.
 *
 * @throws InputError naming a measurement that the profile lacks
 */
export const stepCurve = (
  profile: Profile,
  model: LanguageModel,
  dtype: Dtype,
): { readonly curve: ComposedCurve; readonly notes: string[] } => {
  const [overhead] = measurementsOf(profile, "overhead");
  if (overhead === undefined) throw missing(profile, "dispatch and submit overhead", "overhead");
  const linears = linearTimes(profile, dtype);
  const sizes = layerSizes(model);
  const layer = layerCurve(profile, linears, sizes, dtype);
  const { prefill, decode } = layer;
  const head = headLinear(model);
  const terms = stepTerms(layer, model.layers, { projection: headTable(linears, head), vocab: head.n });
  const curve: ComposedCurve = {
    kind: "composed",
    ...terms,
    overhead_s: terms.overhead_s + Math.max(0, median(overhead.submit_s)),
    valid: {
      tokens: commonRange(layerLinears(sizes).map((linear) => linears.range(linear))),
      prefill_context: [...prefill.context],
      decode_sequences: [...decode.sequences],
      decode_context: [...decode.context],
    },
    error: compositeError(profile, dtype),
  };
  const named = [...layerLinears(sizes), { name: "head", ...head }];
  return {
    curve,
    notes: [
      ...linearNotes(linears, named),
      ...headNotes(linears.range(head), decode.sequences),
      ...otherNotes(layer, sizes),
      ...cacheNotes(profile, dtype),
    ],
  };
};

/** At the sizes at which the head, or the layers it is inferred from, were measured. */
const headTable = (linears: LinearTimes, head: LinearLayer): Table => {
  const [low, high] = linears.range(head);
  return tableOf(
    linears.tokens.filter((outputs) => outputs >= low && outputs <= high).map((outputs) => [outputs, linears.seconds(head, outputs)]),
  );
};

/** What all of the ranges cover. */
const commonRange = (ranges: readonly (readonly [number, number])[]): [number, number] => {
  const low = Math.max(...ranges.map(([from]) => from));
  return [low, Math.max(low, Math.min(...ranges.map(([, to]) => to)))];
};

const linearNotes = (linears: LinearTimes, layers: readonly (LinearLayer & { readonly name: string })[]): string[] => {
  const named = (list: typeof layers) => list.map(({ name, n, k }) => `${name} ${n}×${k}`).join(", ");
  const inferred = layers.filter((layer) => !linears.isMeasured(layer));
  const [smallest, largest] = linears.weights;
  const beyond = inferred.filter(({ n, k }) => n * k < smallest || n * k > largest);
  const notes: string[] = [];
  if (inferred.length > 0) {
    notes.push(
      `Linear layers not measured in this shape (${named(inferred)}): seconds per weight interpolated over log(n·k) between measured shapes.`,
    );
  }
  if (beyond.length > 0) {
    notes.push(
      `Of these, ${named(beyond)} lie outside the measured ${smallest} to ${largest} weights: the nearest shape's seconds per weight are used.`,
    );
  }
  return notes;
};

const headNotes = ([, outputs]: readonly [number, number], [, sequences]: readonly [number, number]): string[] =>
  outputs >= sequences ? [] : [`The output head was measured up to ${outputs} sequences; beyond, it is extrapolated.`];

/** Families whose weights or keys a step finds in memory. */
const WEIGHTY = ["matmul", "attention-prefill", "attention-decode"];

const cacheNotes = (profile: Profile, dtype: Dtype): string[] => {
  const hot = WEIGHTY.filter((family) => measuredKernels(profile, family, dtype).some(({ cache }) => cache === "hot"));
  return hot.length === 0
    ? []
    : [
        `Some of ${hot.join(", ")} was timed hot only: where a cache held weights or keys that a step reads from memory, its time is too short.`,
      ];
};

const otherNotes = ({ prefill, decode, small }: LayerCurve, sizes: HeadSizes): string[] => {
  const layout = ({ heads, kv_heads, head_dim }: HeadSizes) => `${heads}/${kv_heads} heads of ${head_dim}`;
  const notes: string[] = [];
  if (!isSameLayout(prefill.measured, sizes)) {
    notes.push(`Prefill attention was measured with ${layout(prefill.measured)} and is scaled to ${layout(sizes)} by arithmetic.`);
  }
  if (!isSameLayout(decode.measured, sizes)) {
    notes.push(`Decode attention was measured with ${layout(decode.measured)} and is scaled to ${layout(sizes)} by bytes of cache read.`);
  }
  if (small.inferred.length > 0) {
    notes.push(`Not measured by themselves: ${small.inferred.join(", ")}; taken as one dispatch each and their bytes at copy bandwidth.`);
  }
  notes.push(
    small.choice === null
      ? "Choosing the next token, and waiting on the CPU for it, are not in the step's time."
      : "The likeliest token is chosen on the GPU; waiting on the CPU for it, and sampling, are not in the step's time.",
  );
  return notes;
};
