import type { Seconds } from "../units.ts";
import { compileAttention } from "./attention-grid.ts";
import { compileSkew } from "./skew.ts";
import type { FittedCurve, LayerTables, StepCurve, Table } from "./step-curve.ts";
import { composedSeconds, type StepTerms, type StepWork } from "./composed-step.ts";
import { tableSeconds } from "./table.ts";

/** Whole numbers of tokens or sequences whose table values are computed ahead: the largest step that engines are run with. */
const MOST_AHEAD = 1 << 15;

/**
 * A step curve as a function, made for being called hundreds of millions of times: table values at whole numbers and the attention grid
 * lie in typed arrays, and a call allocates nothing.
 */
export const compileStep = (curve: StepCurve): ((work: StepWork) => Seconds) => {
  switch (curve.kind) {
    case "composed":
      return compileComposed(curve);
    case "layer-tables":
      return compileLayerTables(curve);
    case "fitted":
      return (work) => fittedSeconds(curve, work);
    default:
      return curve satisfies never;
  }
};

/** Any composed terms, with a range and an error or without. */
const compileComposed = (terms: StepTerms): ((work: StepWork) => Seconds) => {
  const linear = aheadOf(terms.linear);
  const head = aheadOf(terms.head);
  return (work) => composedSeconds(terms, linear(work.tokens), work.outputs > 0 ? head(work.outputs) : 0, work);
};

const compileLayerTables = (curve: LayerTables): ((work: StepWork) => Seconds) => {
  const linear = aheadOf(curve.linear);
  const head = aheadOf(curve.head);
  const attention = compileAttention(curve.attention);
  const skew = compileSkew(curve.skew);
  const overhead = curve.overhead.seconds;
  return (work) => {
    const { tokens, outputs, decodeSequences } = work;
    const rest = overhead + linear(tokens) + (outputs > 0 ? head(outputs) : 0);
    const chunk = tokens - decodeSequences;
    const cached = chunk > 0 ? cachedOf(chunk, work.prefillPairs) : 0;
    if (decodeSequences === 0) return rest + attention(chunk, cached, 0, 0);
    const mean = work.decodeKeys / decodeSequences;
    const even = attention(chunk, cached, decodeSequences, mean);
    const longest = work.decodeContext;
    if (longest <= mean) return rest + even;
    const share = skew(chunk, cached, decodeSequences, mean, longest);
    if (share === 0) return rest + even;
    const uneven = attention(chunk, cached, decodeSequences, longest);
    return rest + (uneven > even ? even + share * (uneven - even) : even);
  };
};

/** Keys in front of one chunk of so many tokens that has so many query–key pairs; several prompts that begin in one step have fewer, and count as 0. */
const cachedOf = (chunk: number, pairs: number): number => {
  const behind = pairs - (chunk * (chunk + 1)) / 2;
  return behind > 0 ? behind / chunk : 0;
};

/** Seconds of one step by the formula given with `fittedCurveSchema`. */
export const fittedSeconds = (terms: Omit<FittedCurve, "kind" | "valid" | "error">, work: StepWork): Seconds =>
  terms.overhead.seconds +
  terms.constant_s +
  terms.per_token_s * (work.tokens > terms.read_tokens ? work.tokens : terms.read_tokens) +
  terms.per_pair_s * work.prefillPairs +
  terms.per_key_s * work.decodeKeys +
  terms.per_sequence_s * work.decodeSequences;

/** A table's values at whole numbers, computed ahead up to a bound. */
const aheadOf = (table: Table): ((x: number) => Seconds) => {
  const last = table.at.at(-1) ?? 1;
  const values = Float64Array.from({ length: Math.min(MOST_AHEAD, 2 * Math.ceil(last)) + 1 }, (_, x) => tableSeconds(table, x));
  return (x) => (x < values.length ? values[x]! : tableSeconds(table, x));
};
