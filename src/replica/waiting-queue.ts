/** Requests that wait for admission, by their slots. */
export interface WaitingQueue {
  readonly length: number;
  /** The one to be admitted next. Only while `length` is above 0. */
  first(): number;
  /** A request that has just come. */
  append(slot: number): void;
  /** A request that was preempted. */
  prepend(slot: number): void;
  /** Takes the first one out. Only while `length` is above 0. */
  removeFirst(): number;
  /** Takes one out wherever it is; false if it is not in. */
  remove(request: number): boolean;
}
