/** Sizes of a decoder layer that do not depend on the batch, by their Hugging Face names (`hidden_size` and so on, shortened). */
export interface LayerSizes {
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly kv_heads: number;
  readonly head_dim: number;
}

/** A linear layer: n outputs from k inputs. */
export interface Linear {
  readonly name: "qkv" | "o" | "gate_up" | "down";
  readonly n: number;
  readonly k: number;
}

/** The four linear layers of a decoder layer in the order they run, query–key–value and gate–up fused as serving engines do. */
export const layerLinears = ({ hidden, intermediate, heads, kv_heads, head_dim }: LayerSizes): readonly Linear[] => [
  { name: "qkv", n: (heads + 2 * kv_heads) * head_dim, k: hidden },
  { name: "o", n: hidden, k: heads * head_dim },
  { name: "gate_up", n: 2 * intermediate, k: hidden },
  { name: "down", n: hidden, k: intermediate },
];
