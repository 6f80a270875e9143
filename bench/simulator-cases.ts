/** What a process of its own is asked to simulate, and what it says of itself. */
export type Case = {
  /** Path of a device model. */
  readonly model: string;
  readonly replicas: number;
  readonly enablePrefixCaching: boolean;
} & (
  | { readonly kind: "poisson"; readonly requests: number; readonly requestsPerSecond: number }
  | { readonly kind: "mooncake"; readonly file: string }
  /** A day of chat that swings by half, under an HPA; `records`: every request is written to a file. */
  | { readonly kind: "day"; readonly requestsPerSecond: number; readonly mostReplicas: number; readonly records: boolean }
);

export interface Outcome {
  readonly finished: number;
  readonly rejected: number;
  readonly steps: number;
  /** Of the whole process, from its start. */
  readonly scaleEvents: number;
  readonly cpu_s: number;
  readonly peak_bytes: number;
  /** Of the prompts' tokens, the share found in the prefix cache; null without one. */
  readonly hit_share: number | null;
}
