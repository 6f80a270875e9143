/** How an attempt at a request may end without an answer. */
export type FailedState = "rejected" | "timed_out" | "cut_off" | "lost";

/** Why an attempt at a request failed. */
export const failureReasons = [
  /** It is longer than any replica takes. */
  "too_long",
  "rate_limit",
  "shed",
  /** By estimate it would have its first token too late. */
  "deadline",
  "queue_full",
  /** It waited too long in the gateway's queue. */
  "queue_timeout",
  /** Its client waited too long, for the first token or for the whole answer. */
  "first_token_timeout",
  "answer_timeout",
  /** Its replica was taken away. */
  "drained",
  "replica_failed",
] as const;
export type FailureReason = (typeof failureReasons)[number];
