import { InputError } from "../../errors.ts";
import { plain, quantity } from "../../format.ts";
import { exp, ln } from "../../math.ts";
import { groupBy } from "../../stats/group-by.ts";
import type { Seconds } from "../../units.ts";
import type { Source } from "../curve-parts.ts";
import type { AnchoredCurve, DeviceModel } from "../device-model.ts";
import { heldOutError } from "../held-out.ts";
import { loadSeconds } from "../load.ts";
import type { ComposedCurve } from "../step-curve.ts";
import { curveSeconds, decodeWork, prefillWork } from "../step-seconds.ts";
import { mapTable } from "../table.ts";
import type { AnchorPoint, ReadAnchor } from "./point.ts";

type MatmulPoint = Extract<AnchorPoint, { readonly curve: "matmul" }>;
type EnginePoint = Exclude<AnchorPoint, MatmulPoint>;

/**
 * A device model whose curves are rescaled to measured points of an engine: each curve's times by one factor, the geometric mean of
 * measured over predicted. A curve without a point stays as it is.
 *
 * A step's factor is decode's up to as many tokens as the largest anchored batch, prefill's from the smallest anchored prompt on, and
 * linear in tokens between. The error of a factor is that of each point predicted by the factor of the others.
 *
 * Where no engine gave a step, the matmuls of a library may: a step's factor is then their ratio at as many tokens.
 *
 * @throws InputError where a point does not fit the model's curves
 */
export const anchorModel = (model: DeviceModel, read: readonly ReadAnchor[]): DeviceModel => {
  const given = read.flatMap((anchor) => anchor.points);
  const matmuls = given.filter((point): point is MatmulPoint => point.curve === "matmul");
  const ofEngine = given.filter((point): point is EnginePoint => point.curve !== "matmul");
  const hasSteps = ofEngine.some(({ curve }) => curve === "prefill" || curve === "decode");
  const knots = hasSteps ? [] : matmulKnots(model, matmuls);
  const curves = [
    ...[...groupBy(ofEngine, ({ curve }) => curve)].map(([curve, own]) => anchoredCurve(model, curve, own)),
    ...matmulCurves(knots, matmuls),
  ];
  const factor = (curve: AnchoredCurve["curve"]): number => curves.find((anchored) => anchored.curve === curve)?.factor ?? 1;
  /** Whose word a rescaled curve is from here on. */
  const sourceOf = (curve: AnchoredCurve["curve"]): { source?: Source } => {
    const anchored = curves.find((own) => own.curve === curve);
    return anchored === undefined
      ? {}
      : { source: { origin: "given", source: `anchored, × ${plain(anchored.factor, 3)}: ${anchored.sources.join(", ")}` } };
  };
  return {
    ...model,
    anchored: {
      engine: [...new Set((knots.length > 0 ? given : ofEngine).map(({ engine }) => engine))].join(" and "),
      ...(knots.length > 0 ? { is_no_engine: true as const } : {}),
      curves,
    },
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
        ? rescaled(model.step, knots.length > 0 ? knots : engineKnots(model.step, ofEngine, factor))
        : model.step,
    notes: [
      ...model.notes,
      ...read.flatMap(({ notes }) => notes),
      ...(hasSteps && matmuls.length > 0 ? ["Matmuls of a library were left aside: an engine's own steps anchor these."] : []),
    ],
  };
};

const anchoredCurve = (model: DeviceModel, curve: AnchoredCurve["curve"], points: readonly EnginePoint[]): AnchoredCurve => {
  const pairs = points.map((point) => ({ id: point.source, predicted: predicted(model, point), measured: measured(model, point) }));
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
    sources: points.map(({ source }) => source),
  };
};

interface Pair {
  readonly predicted: number;
  readonly measured: number;
}

const factorOf = (pairs: readonly Pair[]): number =>
  exp(pairs.reduce((sum, { predicted: before, measured: after }) => sum + ln(after / before), 0) / pairs.length);

const predicted = (model: DeviceModel, point: EnginePoint): Seconds => {
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

const measured = (model: DeviceModel, point: EnginePoint): Seconds =>
  point.curve === "load" ? model.weight_bytes / point.bandwidth : point.seconds;

const stepOf = ({ step, engine }: DeviceModel, { source }: AnchorPoint): ComposedCurve => {
  if (step.kind === "composed") return step;
  throw new InputError(
    `--anchor ${source}`,
    `expected WebGPU step times to rescale, got those of ${engine} itself`,
    "Leave it out, or give anchors of load and warm-up only.",
  );
};

/** By what a step of so many tokens is rescaled. */
interface Knot {
  readonly tokens: number;
  readonly factor: number;
}

/** Ratios of matmuls by tokens, fewest first; of several layers at as many tokens their geometric mean. */
const matmulKnots = (model: DeviceModel, points: readonly MatmulPoint[]): Knot[] => {
  for (const point of points) stepOf(model, point);
  return [...groupBy(points, ({ tokens }) => tokens)]
    .map(([tokens, own]) => ({ tokens, factor: factorOf(own.map(({ ratio }) => ({ predicted: 1, measured: ratio }))) }))
    .toSorted((a, b) => a.tokens - b.tokens);
};

/** Decode is told by the factor at the fewest tokens, prefill by that at the most. */
const matmulCurves = (knots: readonly Knot[], points: readonly MatmulPoint[]): AnchoredCurve[] =>
  [["decode", knots[0]] as const, ["prefill", knots.at(-1)] as const].flatMap(([curve, knot]): AnchoredCurve[] => {
    if (knot === undefined) return [];
    const own = points.filter(({ tokens }) => tokens === knot.tokens);
    const because = `matmuls of ${quantity(knot.tokens, "token")}, not steps`;
    return [
      { curve, factor: knot.factor, points: own.length, error: { kind: "not-checked", because }, sources: own.map(({ source }) => source) },
    ];
  });

/** Decode's factor up to the largest anchored batch, prefill's from the smallest anchored prompt on. */
const engineKnots = ({ valid }: ComposedCurve, points: readonly EnginePoint[], factor: (curve: "decode" | "prefill") => number): Knot[] => {
  const decode = points.flatMap((point) => (point.curve === "decode" ? [point.sequences] : []));
  const prefill = points.flatMap((point) => (point.curve === "prefill" ? [point.tokens] : []));
  return [
    { tokens: decode.length === 0 ? 1 : Math.max(...decode), factor: factor("decode") },
    { tokens: prefill.length === 0 ? valid.tokens[1] : Math.min(...prefill), factor: factor("prefill") },
  ];
};

/** A step with its times rescaled by the factor at as many tokens, linear between knots and level beyond them. */
const rescaled = (step: ComposedCurve, knots: readonly Knot[]): ComposedCurve => {
  const decode = knots[0]!.factor;
  const prefill = knots.at(-1)!.factor;
  const factorAt = (tokens: number): number => {
    const next = knots.findIndex((knot) => tokens <= knot.tokens);
    if (next === 0) return decode;
    const [before, after] = [knots[next - 1], knots[next]];
    if (before === undefined || after === undefined) return prefill;
    return before.factor + ((after.factor - before.factor) * (tokens - before.tokens)) / (after.tokens - before.tokens);
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
