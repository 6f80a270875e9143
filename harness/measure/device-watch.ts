import type { JobResult } from "../../src/profile/jobs.ts";
import type { Seconds } from "../../src/units.ts";
import { LimitExceeded, OutOfMemory, ValidationFailed } from "./gpu-errors.ts";
import { LeftOut } from "./left-out.ts";

/** What came of a piece of work: its value, or why the device did not do it. */
export type Settled<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused"; readonly result: Extract<JobResult, { because: string }>; readonly isMemory: boolean };

/** How long the news that the device is lost may come after the failures it causes. */
const NEWS_DELAY: Seconds = 0.2;

const sleep = (time: Seconds) => new Promise<void>((resolve) => setTimeout(resolve, time * 1000));

/** Hears what WebGPU says of a device beside the calls: errors that no scope caught, and its loss. One piece of work is under way at a time. */
export class DeviceWatch {
  /** Errors that no scope caught, since the work under way began. */
  readonly #errors: GPUError[] = [];
  readonly #loss: Promise<void>;
  #lost: string | null = null;

  constructor(device: GPUDevice) {
    this.#loss = device.lost.then(({ message, reason }) => {
      this.#lost = message === "" ? reason : message;
    });
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#errors.push(event.error);
    });
  }

  /**
   * Does some work and says what came of it; the errors that come meanwhile are its own. A fault of the harness is thrown.
   *
   * @param discard frees a value that came although the device refused part of the work
   */
  async settle<T>(work: () => Promise<T>, discard: (value: T) => void = () => {}): Promise<Settled<T>> {
    this.#errors.length = 0;
    const outcome = await Promise.race([
      work().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
      this.#loss.then(() => null),
    ]);
    if (outcome !== null && "error" in outcome) await Promise.race([this.#loss, sleep(NEWS_DELAY)]);
    const refused = this.#refusalOrNull(outcome !== null && "error" in outcome ? outcome.error : undefined);
    if (refused !== null) {
      if (outcome !== null && "value" in outcome) discard(outcome.value);
      return refused;
    }
    if (outcome === null) throw new Error("the race ended without an outcome");
    if ("error" in outcome) throw outcome.error;
    return { kind: "done", value: outcome.value };
  }

  /** Why the device refused, where it did. Memory first: a buffer that found none makes every later use of it an error. */
  #refusalOrNull(error: unknown): Extract<Settled<never>, { kind: "refused" }> | null {
    const refused = (because: string, isMemory = false) => ({ kind: "refused", result: { kind: "left-out", because }, isMemory }) as const;
    if (this.#lost !== null) {
      return { kind: "refused", result: { kind: "device-lost", because: `the GPU device was lost: ${this.#lost}` }, isMemory: false };
    }
    const memory = error instanceof OutOfMemory ? error : this.#errors.find((caught) => caught instanceof GPUOutOfMemoryError);
    if (memory !== undefined) return refused(`out of GPU memory: ${memory.message}`, true);
    if (error instanceof ValidationFailed) return refused(`WebGPU refused it: ${error.message}`);
    if (error instanceof LimitExceeded || error instanceof LeftOut) return refused(error.message);
    const [uncaught] = this.#errors;
    return uncaught === undefined ? null : refused(`WebGPU refused it: ${uncaught.message}`);
  }
}
