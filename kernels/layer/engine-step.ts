import type { BufferSpec, Dispatch, Dtype, KernelRun, KernelVariant, Reference, Shape, Values } from "../kernel.ts";
import { linear, weightScale } from "../matmul/problem.ts";
import { sizesOf } from "../shape.ts";
import type { LayerChoices } from "./choices.ts";
import { decoderLayer, matmulFor } from "./decoder-layer.ts";
import { normalise, rmsNormDispatch } from "./rms-norm.ts";
import { weightsBuffer } from "./weights.ts";

/** Name of the family that a whole step belongs to. */
export const STEP_FAMILY = "engine-step";

/** Raised when the step itself changes; its layers' version is added. */
const OWN_VERSION = 1;

/** Elements of the decoder layers and of the head. */
interface StepSizes {
  readonly layers: number;
  /** Rows of the head's weights; 0 for a step without head, as in the middle of a prompt. */
  readonly vocab: number;
  readonly hidden: number;
  /** Rows of the batch. */
  readonly tokens: number;
  /** Rows that produce a token, the last ones of the batch: the chunk's last, then every decoding sequence's. */
  readonly outputs: number;
}

const sizesFrom = (shape: Shape): { readonly step: StepSizes; readonly layer: Shape } => {
  const { layers, vocab, ...layer } = shape;
  const own = sizesOf(STEP_FAMILY, ["layers", "vocab"], { layers: layers!, vocab: vocab! }, ["vocab"]);
  const { hidden = 0, prefill_tokens = 0, decode_sequences = 0 } = layer;
  const outputs = own.vocab === 0 ? 0 : decode_sequences + Math.min(1, prefill_tokens);
  return { step: { ...own, hidden, tokens: prefill_tokens + decode_sequences, outputs }, layer };
};

/** Whether each layer has a buffer of this kind of its own: weights, caches, norms. What is computed is shared, as engines do. */
const isOwn = ({ name, role }: BufferSpec): boolean => role === "input" && name !== "x" && name !== "rotations";

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

/** The last norm over the rows that produce a token, and the output projection. */
const headOf = (dtype: Dtype, choices: LayerChoices, { layers, vocab, hidden, tokens, outputs }: StepSizes) => {
  const sizes = { m: outputs, n: vocab, k: hidden };
  const logits = matmulFor(dtype, choices, sizes).plan(sizes, { a: "final_normed", w: "head_weights", c: "logits" });
  return {
    buffers: [
      weightsBuffer(dtype, "final_norm", hidden, Math.sqrt(3)),
      weightsBuffer(dtype, "head_weights", vocab * hidden, weightScale(hidden)),
      { name: "final_normed", role: "scratch", type: dtype, length: outputs * hidden, fill: { kind: "unset" } },
      { name: "logits", role: "output", type: dtype, length: outputs * vocab, fill: { kind: "unset" } },
      ...logits.scratch,
    ] satisfies BufferSpec[],
    dispatches: [
      rmsNormDispatch(dtype, { tokens: outputs, hidden }, hiddenStates(layers), "final_norm", "final_normed", tokens - outputs),
      ...logits.dispatches,
    ],
    references: (inputs: Values, after: Values): Reference[] => {
      const rows = after[hiddenStates(layers)]!.subarray((tokens - outputs) * hidden);
      return [
        { buffer: "final_normed", ...normalise(dtype, { tokens: outputs, hidden }, rows, inputs["final_norm"]!) },
        { buffer: "logits", ...linear(dtype, { m: outputs, n: vocab, k: hidden }, after["final_normed"]!, inputs["head_weights"]!) },
      ];
    },
  };
};

/**
 * One engine step: decoder layers with weights and caches of their own, one after another over the same mixed batch, then the last
 * norm and the output head for the rows that produce a token. Left out: looking up embeddings and choosing the token.
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
    const { layers, vocab, hidden, tokens, outputs } = step;
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
        (head === null ? 0 : (hidden + vocab * hidden + outputs * (hidden + vocab)) * elementBytes),
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
