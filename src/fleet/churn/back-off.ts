import { toNanoseconds, type Nanoseconds } from "../../units.ts";

const FIRST = toNanoseconds(10);
const LONGEST = toNanoseconds(300);
/** Twice the longest wait without a restart, and it is forgotten. */
const FORGOTTEN_AFTER = 2 * LONGEST;

/**
 * How long a container that has ended waits for its next start, as the kubelet has it (CrashLoopBackOff): not at all the first time, then
 * 10 s, twice as long each time, 5 minutes at most.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
 */
export class BackOff {
  private wait: Nanoseconds = 0;
  private restartedAt: Nanoseconds = -Infinity;

  /** It has ended now: how long it waits. */
  next(now: Nanoseconds): Nanoseconds {
    const wait = now - this.restartedAt > FORGOTTEN_AFTER ? 0 : this.wait;
    this.wait = Math.min(LONGEST, Math.max(FIRST, 2 * wait));
    this.restartedAt = now + wait;
    return wait;
  }
}
