import type { BytesPerSecond, Seconds } from "../../units.ts";

interface From {
  /** The file it was read from, and what in it: `bench.json: median TPOT`. */
  readonly source: string;
  /** Whose speed it is: `vllm`, `llama.cpp`, `nvbandwidth`. */
  readonly engine: string;
}

/** One measured point of something that is not Ballast. */
export type AnchorPoint = From &
  (
    | { readonly curve: "load"; readonly bandwidth: BytesPerSecond }
    /** One prompt of so many tokens, alone. */
    | { readonly curve: "prefill"; readonly tokens: number; readonly seconds: Seconds }
    /** One token of each of so many sequences, each at this context. */
    | { readonly curve: "decode"; readonly sequences: number; readonly context: number; readonly seconds: Seconds }
    | { readonly curve: "warm-up"; readonly seconds: Seconds }
    /** A matmul of so many tokens measured there and by WebGPU: its time there over WebGPU's. */
    | { readonly curve: "matmul"; readonly tokens: number; readonly ratio: number }
  );

/** What a file of measurements gave, and what in it could not serve. */
export interface ReadAnchor {
  readonly points: readonly AnchorPoint[];
  readonly notes: readonly string[];
}
