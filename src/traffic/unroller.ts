import { Heap } from "./heap.ts";
import type { Request } from "./request.ts";

const NOBODY: readonly Request[] = [];

/** Sessions' later requests among the others by time, each as if the answer before it came at once. It holds what is not due yet. */
export class Unroller {
  readonly #waiting = new Heap<Request>();
  #taken = 0;
  /** Most traffic has no sessions: no list is made for its requests. */
  readonly #one: Request[] = [];

  /** What arrives up to a request, and that request itself. Ids stay those of the sessions' first requests. */
  until(request: Request): readonly Request[] {
    if (request.next === undefined && this.#waiting.size === 0) {
      this.#one[0] = request;
      return this.#one;
    }
    const due = this.#waiting.nextAt <= request.arrivedAt ? this.#release(request.arrivedAt) : [];
    due.push(request);
    this.#awaitNext(request);
    return due;
  }

  /** What is still to come. */
  rest(): readonly Request[] {
    return this.#waiting.size === 0 ? NOBODY : this.#release(Infinity);
  }

  #release(until: number): Request[] {
    const due: Request[] = [];
    while (this.#waiting.nextAt <= until && this.#waiting.size > 0) {
      const request = this.#waiting.pop()!;
      due.push(request);
      this.#awaitNext(request);
    }
    return due;
  }

  #awaitNext({ id, arrivedAt, next }: Request): void {
    if (next === undefined) return;
    const { thinkTime, ...work } = next;
    this.#waiting.push(arrivedAt + thinkTime, this.#taken, { id, arrivedAt: arrivedAt + thinkTime, ...work });
    this.#taken += 1;
  }
}
