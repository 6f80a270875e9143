/**
 * A dense decoder-only transformer of the Llama family: everything that its speed and its memory depend on, and nothing else.
 *
 * One layer is: norm, fused query–key–value projection, rotary embedding, causal grouped-query attention, output projection,
 * residual, norm, fused gate–up projection, SiLU gate, down projection, residual. Before the layers stands an embedding
 * table, after them a norm and the output head.
 */
export interface LanguageModel {
  /** As people write it: `Llama-3.1-8B`. */
  readonly name: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of the KV cache; `heads / kvHeads` query heads share one. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  /** Longest prompt plus output, in tokens. */
  readonly contextLength: number;
  /** Whether the output head is the embedding table itself, held once. */
  readonly isEmbeddingTied: boolean;
  readonly hasQkvBias: boolean;
  readonly hasOutputBias: boolean;
  readonly hasMlpBias: boolean;
  /** Whether queries and keys are normalized head by head (Qwen3). */
  readonly hasQueryKeyNorm: boolean;
  /** Element type the weights were published in, by its Hugging Face name; empty where the configuration does not say. */
  readonly publishedDtype: string;
}
