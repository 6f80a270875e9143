import type { BufferSpec, Dispatch, Dtype, KernelRun, KernelVariant, Reference, Shape, Values } from "../kernel.ts";
import { uniformWeights, weightScale } from "../matmul/weight-format.ts";
import { indexBuffer } from "../attention/paged-cache.ts";
import { sizesOf } from "../shape.ts";
import { decoderLayerSizes, layoutOf } from "./batch.ts";
import type { LayerChoices } from "./choices.ts";
import { decoderLayer, matmulFor } from "./decoder-layer.ts";
import { greedy, greedyPlan } from "./greedy-head.ts";
import { listedNormDispatch, normalise } from "./rms-norm.ts";

/** Name of the family that a whole step belongs to. */
export const STEP_FAMILY = "engine-step";

/** Raised when the step itself changes; its layers' version is added. */
const OWN_VERSION = 2;

/** Elements of the decoder layers and of the head. */
interface StepSizes {
  readonly layers: number;
  /** Rows of the head's weights; 0 for a step without head, as in the middle of a prompt. */
  readonly vocab: number;
  readonly hidden: number;
  /** Rows of the batch. */
  readonly tokens: number;
  /** Rows that produce a token: the last of each chunk, then every decoding sequence's. */
  readonly outputRows: readonly number[];
}

const sizesFrom = (shape: Shape): { readonly step: StepSizes; readonly layer: Shape } => {
  const { layers, vocab, ...layer } = shape;
  const own = sizesOf(STEP_FAMILY, ["layers", "vocab"], { layers: layers!, vocab: vocab! }, ["vocab"]);
  const sizes = decoderLayerSizes(layer);
  const { places, outputRows } = layoutOf(sizes);
  return { step: { ...own, hidden: sizes.hidden, tokens: places.positions.length, outputRows: own.vocab === 0 ? [] : outputRows }, layer };
};

/** Whether each layer has a buffer of this kind of its own: weights, caches, norms. What is computed is shared, as engines do, and where the batch lies. */
const isOwn = ({ holds }: BufferSpec): boolean => holds !== undefined;

/** Names of a layer's buffers in the step: hidden states come from the layer before and go to the one after. */
const namesOf = (layer: KernelRun, at: number): ((name: string) => string) => {
  const own = new Set(layer.buffers.filter(isOwn).map(({ name }) => name));
  return (name) => (own.has(name) ? `${name}_${at}` : name === "x" ? hiddenStates(at) : name === "out" ? hiddenStates(at + 1) : name);
};

/** What enters layer `at`, or leaves the one before it. */
const hiddenStates = (at: number): string => (at === 0 ? "x" : `hidden_${at}`);

const renamed = (dispatch: Dispatch, name: (buffer: string) => string): Dispatch => ({
  ...dispatch,
  bindings: dispatch.bindings.map(({ buffer, access }) => ({ buffer: name(buffer), access })),
});

/** Shared buffers once, then each layer's own. */
const bufferSpecs = (layer: KernelRun, count: number): BufferSpec[] => [
  ...layer.buffers.filter((spec) => !isOwn(spec) && spec.name !== "out"),
  ...Array.from({ length: count }, (_, at): BufferSpec[] => {
    const name = namesOf(layer, at);
    return layer.buffers
      .filter((spec) => isOwn(spec) || spec.name === "out")
      .map((spec) => ({ ...spec, name: name(spec.name), role: spec.name === "out" && at + 1 < count ? "scratch" : spec.role }));
  }).flat(),
];

/** The last norm over the rows that produce a token, the output projection, and the token of each row. */
const headOf = (dtype: Dtype, choices: LayerChoices, { layers, vocab, hidden, outputRows }: StepSizes) => {
  const rows = outputRows.length;
  const sizes = { m: rows, n: vocab, k: hidden };
  const matmul = matmulFor(dtype, choices, sizes);
  const logits = matmul.plan(sizes, { a: "final_normed", w: "head_weights", c: "logits" });
  const choice = greedyPlan(dtype, { rows, vocab }, "logits", "tokens");
  return {
    buffers: [
      uniformWeights("final_norm", dtype, hidden, Math.sqrt(3)),
      uniformWeights("head_weights", dtype, vocab * hidden, weightScale(hidden)),
      indexBuffer("output_rows", outputRows),
      { name: "final_normed", role: "scratch", type: dtype, length: rows * hidden, fill: { kind: "unset" } },
      { name: "logits", role: "output", type: dtype, length: rows * vocab, fill: { kind: "unset" } },
      { name: "tokens", role: "output", type: "u32", length: rows, fill: { kind: "unset" } },
      ...logits.scratch,
      ...choice.scratch,
    ] satisfies BufferSpec[],
    dispatches: [
      listedNormDispatch(dtype, { tokens: rows, hidden }, hiddenStates(layers), "final_norm", "output_rows", "final_normed"),
      ...logits.dispatches,
      ...choice.dispatches,
    ],
    references: (inputs: Values, after: Values): Reference[] => {
      const states = after[hiddenStates(layers)]!;
      const listed = Float64Array.from(outputRows.flatMap((row) => [...states.subarray(row * hidden, (row + 1) * hidden)]));
      return [
        { buffer: "final_normed", ...normalise(dtype, { tokens: rows, hidden }, listed, inputs["final_norm"]!) },
        { buffer: "logits", ...matmul.expect(sizes, after["final_normed"]!, inputs["head_weights"]!) },
        { buffer: "tokens", ...greedy({ rows, vocab }, after["logits"]!) },
      ];
    },
  };
};

/**
 * One engine step: decoder layers with weights and caches of their own, one after another over the same mixed batch, then for the rows that
 * produce a token the last norm, the output head and the likeliest token. Left out: looking up embeddings, and sampling by anything but the
 * largest logit.
 *
 * What a layer computes on its way is written over by the next, so a stack is judged at its last layer, stage by stage on what the
 * layer before left, and at its head. The layers before are the shorter stack, dispatch for dispatch and value for value, whose own
 * last layer is judged in the same way: the verification shapes begin with one layer and go up by one.
 *
 * @throws RangeError where a choice names no variant of that dtype
 */
export const engineStep = (dtype: Dtype, choices: LayerChoices): KernelVariant => {
  const one = decoderLayer(dtype, choices);

  const run: KernelVariant["run"] = (shape) => {
    const { step, layer: layerShape } = sizesFrom(shape);
    const layer = one.run(layerShape);
    const { layers, vocab, hidden, tokens, outputRows } = step;
    const outputs = outputRows.length;
    const head = vocab === 0 ? null : headOf(dtype, choices, step);
    const elementBytes = dtype === "f16" ? 2 : 4;
    const passedOn = (layers - 1) * 2 * tokens * hidden; // counted as out of one layer and into the next, and moved by no other layer
    return {
      buffers: [...bufferSpecs(layer, layers), ...(head?.buffers ?? [])],
      dispatches: [
        ...Array.from({ length: layers }, (_, at) => layer.dispatches.map((dispatch) => renamed(dispatch, namesOf(layer, at)))).flat(),
        ...(head?.dispatches ?? []),
      ],
      operations: layers * layer.operations + 2 * outputs * vocab * hidden,
      bytes:
        layers * layer.bytes -
        passedOn * elementBytes +
        (head === null ? 0 : (hidden + vocab * hidden + outputs * (hidden + vocab)) * elementBytes + 4 * outputs),
      reference: (inputs, after) => {
        const name = namesOf(layer, layers - 1);
        const seen = (values: Values): Values => ({
          ...values,
          ...Object.fromEntries(
            layer.buffers.flatMap((spec) => (values[name(spec.name)] === undefined ? [] : [[spec.name, values[name(spec.name)]!]])),
          ),
        });
        const given = layers === 1 ? inputs : { ...inputs, [hiddenStates(layers - 1)]: after[hiddenStates(layers - 1)]! };
        return [
          ...layer.reference(seen(given), seen(after)).map((reference) => ({ ...reference, buffer: name(reference.buffer) })),
          ...(head === null ? [] : head.references(inputs, after)),
        ];
      },
    };
  };

  const [mixed = {}, ...others] = one.verificationShapes;
  return {
    id: `${STEP_FAMILY}/${dtype}`,
    family: STEP_FAMILY,
    dtype,
    needs: one.needs,
    summary: `a stack of layers and the output head: ${one.summary}`,
    version: one.version + OWN_VERSION,
    verificationShapes: [
      { ...mixed, layers: 1, vocab: 0 },
      { ...mixed, layers: 2, vocab: 0 },
      { ...mixed, layers: 3, vocab: 70 },
      ...others.map((shape) => ({ ...shape, layers: 1, vocab: 33 })),
    ],
    run,
  };
};
