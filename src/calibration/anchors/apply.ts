import { InputError } from "../../errors.ts";
import { plain } from "../../format.ts";
import { exp, ln } from "../../math.ts";
import { groupBy } from "../../stats/group-by.ts";
import type { Source } from "../curve-parts.ts";
import type { AnchoredCurve, DeviceModel } from "../device-model.ts";
import { heldOutError } from "../held-out.ts";
import { loadSeconds } from "../load.ts";
import type { ComposedCurve } from "../step-curve.ts";
import { curveSeconds, decodeWork, prefillWork } from "../step-seconds.ts";
import { mapTable } from "../table.ts";
import type { AnchorPoint, ReadAnchor } from "./point.ts";

/**
 * A device model whose curves are rescaled to measured points of an engine: each curve's times by one factor, the geometric mean of
 * measured over predicted. A curve without a point stays as it is.
 *
 * A step's factor is decode's up to as many tokens as the largest anchored batch, prefill's from the smallest anchored prompt on, and
 * linear in tokens between. The error of a factor is that of each point predicted by the factor of the others.
 *
 * @throws InputError where a point does not fit the model's curves
 */
export const anchorModel = (model: DeviceModel, read: readonly ReadAnchor[]): DeviceModel => {
  const points = read.flatMap((anchor) => anchor.points);
  const curves = [...groupBy(points, ({ curve }) => curve)].map(([curve, own]): AnchoredCurve => {
    const pairs = own.map((point) => ({ id: point.source, predicted: predicted(model, point), measured: measured(model, point) }));
    return {
      curve,
      factor: factorOf(pairs),
      points: pairs.length,
      error: heldOutError(
        pairs.length < 2
          ? []
          : pairs.map((pair) => ({
              id: pair.id,
              predicted_s: pair.predicted * factorOf(pairs.filter((other) => other !== pair)),
              measured_s: pair.measured,
            })),
        "one point, no held-out error",
      ),
      sources: own.map(({ source }) => source),
    };
  });
  const factor = (curve: AnchoredCurve["curve"]): number => curves.find((anchored) => anchored.curve === curve)?.factor ?? 1;
  /** Whose word a rescaled curve is from here on. */
  const sourceOf = (curve: AnchoredCurve["curve"]): { source?: Source } => {
    const anchored = curves.find((own) => own.curve === curve);
    return anchored === undefined
      ? {}
      : { source: { origin: "given", source: `anchored, × ${plain(anchored.factor, 3)}: ${anchored.sources.join(", ")}` } };
  };
  const decode = points.flatMap((point) => (point.curve === "decode" ? [point.sequences] : []));
  const prefill = points.flatMap((point) => (point.curve === "prefill" ? [point.tokens] : []));
  return {
    ...model,
    anchored: { engine: [...new Set(points.map(({ engine }) => engine))].join(" and "), curves },
    load: {
      ...model.load,
      ...sourceOf("load"),
      setup_s: model.load.setup_s * factor("load"),
      bandwidth_bytes_per_s: model.load.bandwidth_bytes_per_s / factor("load"),
    },
    warm_up: {
      ...model.warm_up,
      ...sourceOf("warm-up"),
      phases: model.warm_up.phases.map(({ name, seconds }) => ({ name, seconds: seconds * factor("warm-up") })),
    },
    step:
      model.step.kind === "composed"
        ? rescaled(model.step, {
            decode: factor("decode"),
            prefill: factor("prefill"),
            decodeUpTo: decode.length === 0 ? 1 : Math.max(...decode),
            prefillFrom: prefill.length === 0 ? model.step.valid.tokens[1] : Math.min(...prefill),
          })
        : model.step,
    notes: [...model.notes, ...read.flatMap(({ notes }) => notes)],
  };
};

interface Pair {
  readonly predicted: number;
  readonly measured: number;
}

const factorOf = (pairs: readonly Pair[]): number =>
  exp(pairs.reduce((sum, { predicted: before, measured: after }) => sum + ln(after / before), 0) / pairs.length);

/** What the model says where the point says `measured`; both are ratios where the point is one. */
const predicted = (model: DeviceModel, point: AnchorPoint): number => {
  if ("ratio" in point) return stepOf(model, point) && 1;
  switch (point.curve) {
    case "load":
      return loadSeconds(model.load, model.weight_bytes);
    case "prefill":
      return curveSeconds(stepOf(model, point), prefillWork(point.tokens));
    case "decode":
      return curveSeconds(stepOf(model, point), decodeWork(point.sequences, point.context));
    case "warm-up":
      return model.warm_up.phases.reduce((sum, { seconds }) => sum + seconds, 0);
    default:
      return point satisfies never;
  }
};

const measured = (model: DeviceModel, point: AnchorPoint): number => {
  if ("ratio" in point) return point.ratio;
  return point.curve === "load" ? model.weight_bytes / point.bandwidth : point.seconds;
};

const stepOf = ({ step, engine }: DeviceModel, { source }: AnchorPoint): ComposedCurve => {
  if (step.kind === "composed") return step;
  throw new InputError(
    `--anchor ${source}`,
    `expected WebGPU step times to rescale, got those of ${engine} itself`,
    "Leave it out, or give anchors of load and warm-up only.",
  );
};

interface StepFactors {
  readonly decode: number;
  readonly prefill: number;
  /** Tokens up to which decode's factor holds, and from which on prefill's does. */
  readonly decodeUpTo: number;
  readonly prefillFrom: number;
}

const rescaled = (step: ComposedCurve, { decode, prefill, decodeUpTo, prefillFrom }: StepFactors): ComposedCurve => {
  const factorAt = (tokens: number): number => {
    if (tokens <= decodeUpTo) return decode;
    if (tokens >= prefillFrom) return prefill;
    return decode + ((prefill - decode) * (tokens - decodeUpTo)) / (prefillFrom - decodeUpTo);
  };
  return {
    ...step,
    overhead_s: step.overhead_s * decode,
    // What every token adds is part of the table from here on, so that it has the table's factor.
    linear: mapTable(step.linear, (seconds, at) => (seconds + step.per_token_s * at) * factorAt(at)),
    per_token_s: 0,
    head: mapTable(step.head, (seconds) => seconds * decode),
    prefill_attention: {
      setup_s: step.prefill_attention.setup_s * prefill,
      per_token_s: step.prefill_attention.per_token_s * prefill,
      per_pair_s: step.prefill_attention.per_pair_s * prefill,
    },
    decode_attention: {
      setup_s: step.decode_attention.setup_s * decode,
      per_sequence_s: step.decode_attention.per_sequence_s * decode,
      per_key_s: step.decode_attention.per_key_s * decode,
    },
  };
};
