import type { Seconds } from "../units.ts";
import { rising } from "./attention-grid.ts";
import type { HeldOutError } from "./curve-parts.ts";
import { heldOutError, type CheckedPoint } from "./held-out.ts";
import type { LayerTables } from "./step-curve.ts";
import { tableSeconds } from "./table.ts";

/**
 * How far a step is off where the table has no point: every inner point of decoding steps, and of prompts from the beginning, is left
 * out in turn, along one axis, and its attention read off the line between its neighbours.
 *
 * It says what interpolation costs. What an engine does in service and not while it is profiled, it cannot say.
 */
export const layerTablesError = ({ linear, head, attention }: Omit<LayerTables, "error">): HeldOutError => {
  const at = new Map(
    attention.seconds.map((seconds, i) => [
      keyOf(attention.chunk[i]!, attention.cached[i]!, attention.sequences[i]!, attention.context[i]!),
      seconds,
    ]),
  );
  const decode = (sequences: number, context: number) => at.get(keyOf(0, 0, sequences, context));
  const prefill = (chunk: number) => at.get(keyOf(chunk, 0, 0, 0));
  const rest = (tokens: number, outputs: number): Seconds => tableSeconds(linear, tokens) + tableSeconds(head, outputs);
  const indices = [...attention.seconds.keys()];
  const decoding = indices.filter((i) => attention.chunk[i] === 0 && attention.sequences[i]! > 0);
  const sequencesAxis = rising(decoding.map((i) => attention.sequences[i]!));
  const contextAxis = rising(decoding.map((i) => attention.context[i]!));
  const points = [
    ...sequencesAxis.flatMap((sequences) =>
      leftOut(
        contextAxis,
        (context) => decode(sequences, context),
        `decode_sequences=${sequences} decode_context`,
        () => rest(sequences, sequences),
      ),
    ),
    ...contextAxis.flatMap((context) =>
      leftOut(
        sequencesAxis,
        (sequences) => decode(sequences, context),
        `decode_context=${context} decode_sequences`,
        (sequences) => rest(sequences, sequences),
      ),
    ),
    ...leftOut(
      rising(
        indices.flatMap((i) =>
          attention.chunk[i]! > 0 && attention.cached[i] === 0 && attention.sequences[i] === 0 ? [attention.chunk[i]!] : [],
        ),
      ),
      prefill,
      "prefill_tokens",
      (tokens) => rest(tokens, 1),
    ),
    ...leftOut(
      linear.at,
      (tokens) => linear.seconds[linear.at.indexOf(tokens)],
      "tokens",
      () => tableSeconds(head, 1),
    ),
  ];
  return heldOutError(points, "fewer than three points lie on any line of the tables, so none can be left out");
};

const keyOf = (chunk: number, cached: number, sequences: number, context: number): string => `${chunk} ${cached} ${sequences} ${context}`;

/** Each inner point of a line from its neighbours, with what the rest of the step takes. */
const leftOut = (
  axis: readonly number[],
  valueAt: (x: number) => Seconds | undefined,
  name: string,
  rest: (x: number) => Seconds,
): CheckedPoint[] =>
  axis.slice(1, -1).flatMap((x, i) => {
    const [before, after] = [axis[i]!, axis[i + 2]!];
    const [low, own, high] = [valueAt(before), valueAt(x), valueAt(after)];
    if (low === undefined || own === undefined || high === undefined) return [];
    const predicted = low + ((high - low) * (x - before)) / (after - before);
    return [{ id: `${name}=${x}`, predicted_s: rest(x) + predicted, measured_s: rest(x) + own }];
  });
