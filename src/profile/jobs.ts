import type { Shape } from "../../kernels/kernel.ts";
import type { Measurement, Verification } from "./schema.ts";

/** One thing to measure: the driver sends it, the page does it. `id` is the id of the measurement that comes back. */
export type Job =
  | { readonly kind: "clock"; readonly id: string }
  | { readonly kind: "warm-up"; readonly id: string; readonly layer: LayerJob; readonly browser_start_s: number }
  | {
      readonly kind: "upload";
      readonly id: string;
      readonly method: "writeBuffer" | "mappedAtCreation" | "staging-ring";
      readonly bytes: number;
      readonly chunk_bytes: number;
    }
  | { readonly kind: "overhead"; readonly id: string }
  | { readonly kind: "verify"; readonly id: string; readonly variant: string }
  | { readonly kind: "kernel"; readonly id: string; readonly variant: string; readonly shape: Shape }
  | { readonly kind: "layer"; readonly id: string; readonly layer: LayerJob };

/** A whole decoder layer: its shape and which variant computes each part, so that what is composed is what was measured. */
export interface LayerJob {
  readonly shape: Shape;
  /** Variant ids: the matmul of one to `few_tokens` tokens, of more, and the two attentions. */
  readonly choices: {
    readonly few_tokens: number;
    readonly matmul_few: string;
    readonly matmul_many: string;
    readonly attention_prefill: string;
    readonly attention_decode: string;
  };
}

export type JobResult =
  | { readonly kind: "measured"; readonly measurement: Measurement }
  | { readonly kind: "verified"; readonly verification: Verification }
  /** It cannot be done on this device: a feature or a limit is missing, or memory ran out. */
  | { readonly kind: "left-out"; readonly because: string }
  | { readonly kind: "device-lost"; readonly because: string };
