import { InputError } from "../errors.ts";
import { nonNegativeLeastSquares } from "../stats/least-squares.ts";
import type { Seconds } from "../units.ts";
import { rising } from "./attention-grid.ts";
import { fittedSeconds } from "./compile-step.ts";
import type { StepWork } from "./composed-step.ts";
import { heldOutError } from "./held-out.ts";
import type { TableLine } from "./table-line.ts";
import type { FittedCurve, StepOverhead } from "./step-curve.ts";

/** A whole step as an engine took it. */
interface StepPoint {
  readonly id: string;
  readonly work: StepWork;
  readonly prefillContext: number;
  readonly seconds: Seconds;
}

type Terms = Omit<FittedCurve, "kind" | "valid" | "error" | "overhead">;

/** Coefficients that a fit has to find, the knee included. */
const TERMS = 6;
/** Knees that are tried at most: every token count of the points, thinned where there are more. */
const MOST_KNEES = 24;
/** Parts of the points that are left out in turn. */
const FOLDS = 10;
const NEXT_STEP = "A line is: prefill_tokens,prefill_context,decode_sequences,decode_context,seconds.";

/**
 * A step curve fitted to whole measured steps by non-negative least squares, each error counted relative to its step; of all knees
 * (the tokens up to which a step's weights are the bottleneck) the one with the smallest error.
 *
 * A fit and not an interpolation: such points seldom lie on a whole grid, and a sum of five terms has no holes. The error is that of
 * a tenth of the points left out in turn.
 *
 * @param lines prefill_tokens, prefill_context (keys in front of the chunk), decode_sequences, decode_context (keys of each), seconds
 * @throws InputError with line, rule and value
 */
export const fittedPoints = (lines: readonly TableLine[], place: string, overhead: StepOverhead): FittedCurve => {
  const points = lines.map(pointOf);
  if (points.length <= TERMS) {
    throw new InputError(place, `expected more than ${TERMS} steps, one for each term of the fit, got ${points.length}`, NEXT_STEP);
  }
  const terms = fit(points, kneesOf(points));
  const predict = (own: Terms, work: StepWork) => fittedSeconds({ ...own, overhead: { ...overhead, seconds: 0 } }, work);
  const folds = Math.min(FOLDS, points.length);
  const checked = points.map(({ id, work, seconds }, i) => ({ id, work, seconds, fold: i % folds }));
  const held = Array.from({ length: folds }, (_, fold) => {
    const seen = points.filter((_point, i) => i % folds !== fold);
    const own = fit(seen, kneesOf(seen));
    return checked
      .filter((point) => point.fold === fold)
      .map(({ id, work, seconds }) => ({ id, predicted_s: predict(own, work), measured_s: seconds }));
  }).flat();
  const range = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];
  const decoding = points.filter(({ work }) => work.decodeSequences > 0);
  const prefilling = points.filter(({ work }) => work.prefillSequences > 0);
  const orNone = (values: readonly number[]): [number, number] => (values.length === 0 ? [0, 0] : range(values));
  return {
    kind: "fitted",
    overhead,
    ...terms,
    valid: {
      tokens: range(points.map(({ work }) => work.tokens)),
      prefill_context: orNone(prefilling.map(({ prefillContext }) => prefillContext)),
      decode_sequences: orNone(decoding.map(({ work }) => work.decodeSequences)),
      decode_context: orNone(decoding.map(({ work }) => work.decodeContext)),
    },
    error: heldOutError(held, "too few points"),
  };
};

const kneesOf = (points: readonly StepPoint[]): number[] => {
  const tokens = rising([0, ...points.map(({ work }) => work.tokens)]);
  const every = Math.ceil(tokens.length / MOST_KNEES);
  return tokens.filter((_, i) => i % every === 0);
};

const fit = (points: readonly StepPoint[], knees: readonly number[]): Terms => {
  const fits = knees.map((knee) => {
    const rows = points.map(({ work, seconds }) =>
      [1, Math.max(work.tokens, knee), work.prefillPairs, work.decodeKeys, work.decodeSequences].map((value) => value / seconds),
    );
    const [constant = 0, perToken = 0, perPair = 0, perKey = 0, perSequence = 0] = nonNegativeLeastSquares(
      rows,
      points.map(() => 1),
    );
    const found = [constant, perToken, perPair, perKey, perSequence];
    const residual = rows.reduce((sum, row) => sum + (row.reduce((total, value, i) => total + value * found[i]!, 0) - 1) ** 2, 0);
    const terms: Terms = {
      constant_s: constant,
      per_token_s: perToken,
      read_tokens: perToken === 0 ? 0 : knee,
      per_pair_s: perPair,
      per_key_s: perKey,
      per_sequence_s: perSequence,
    };
    return { residual, terms };
  });
  return fits.reduce((best, other) => (other.residual < best.residual ? other : best)).terms;
};

const pointOf = ({ place, fields }: TableLine): StepPoint => {
  const whole = (name: string): number => {
    const value = Number(fields[name]);
    if ((fields[name] ?? "").trim() !== "" && Number.isSafeInteger(value) && value >= 0) return value;
    throw new InputError(`${place}: ${name}`, `expected a whole number, 0 or above, got ${JSON.stringify(fields[name] ?? "")}`, NEXT_STEP);
  };
  const chunk = whole("prefill_tokens");
  const cached = whole("prefill_context");
  const sequences = whole("decode_sequences");
  const context = whole("decode_context");
  const seconds = Number(fields["seconds"]);
  if (!(seconds > 0 && Number.isFinite(seconds))) {
    throw new InputError(`${place}: seconds`, `expected a number above 0, got ${JSON.stringify(fields["seconds"] ?? "")}`, NEXT_STEP);
  }
  if (chunk + sequences === 0)
    throw new InputError(place, "expected a step with prefill tokens or decoding sequences, got neither", NEXT_STEP);
  return {
    id: `prefill_tokens=${chunk} prefill_context=${cached} decode_sequences=${sequences} decode_context=${context}`,
    work: {
      tokens: chunk + sequences,
      outputs: sequences + (chunk > 0 ? 1 : 0),
      prefillSequences: chunk > 0 ? 1 : 0,
      prefillPairs: chunk * cached + (chunk * (chunk + 1)) / 2,
      decodeSequences: sequences,
      decodeKeys: sequences * context,
      decodeContext: sequences > 0 ? context : 0,
    },
    prefillContext: chunk > 0 ? chunk + cached : 0,
    seconds,
  };
};
