/**
 * Numbers that carry their unit in the type.
 *
 * A plain number may be used where a quantity is asked for (literals and results of arithmetic need no cast), but one
 * quantity is never taken for another: passing `Milliseconds` where `Seconds` is expected does not compile.
 */
declare const unit: unique symbol;
export type Quantity<U extends string> = number & { readonly [unit]?: U };

/** Time, in seconds. Everything outside the simulator's clock is in seconds. */
export type Seconds = Quantity<"s">;
/** Simulated time, in whole nanoseconds held in a double (exact up to 104 days). */
export type Nanoseconds = Quantity<"ns">;
/** Memory or transfer size, in bytes. */
export type Bytes = Quantity<"B">;
/** Throughput of memory or links, in bytes per second (not GB/s, not GiB/s). */
export type BytesPerSecond = Quantity<"B/s">;
/** Number of language-model tokens. */
export type Tokens = Quantity<"tokens">;
/** Arithmetic work: additions and multiplications counted apart, so a fused multiply-add is 2. */
export type Operations = Quantity<"op">;
/** Arithmetic rate, in operations per second. */
export type OperationsPerSecond = Quantity<"op/s">;

export const NANOSECONDS_PER_SECOND = 1e9;

/** Seconds to the simulator's whole nanoseconds, rounded half up. */
export const toNanoseconds = (time: Seconds): Nanoseconds => Math.floor(time * NANOSECONDS_PER_SECOND + 0.5);

/** The simulator's nanoseconds to seconds. */
export const toSeconds = (time: Nanoseconds): Seconds => time / NANOSECONDS_PER_SECOND;
