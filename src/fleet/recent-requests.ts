import type { Nanoseconds } from "../units.ts";

/** A request that has left, as far as its latency goes. */
export interface LeftRequest {
  readonly arrivedAt: Nanoseconds;
  readonly firstTokenAt: Nanoseconds;
  readonly leftAt: Nanoseconds;
  readonly outputTokens: number;
}

/** Numbers of one request. */
const FIELDS = 4;

/** The requests that have left within a span of time up to now: a ring that grows with the busiest span, not with the run. */
export class RecentRequests {
  private values = new Float64Array(64 * FIELDS);
  private first = 0;
  private count = 0;

  constructor(private readonly span: Nanoseconds) {}

  add(arrivedAt: Nanoseconds, firstTokenAt: Nanoseconds, leftAt: Nanoseconds, outputTokens: number): void {
    while (this.count > 0 && this.values[this.place(0) + 2]! < leftAt - this.span) {
      this.first = (this.first + 1) % (this.values.length / FIELDS);
      this.count -= 1;
    }
    if (this.count * FIELDS === this.values.length) this.grow();
    const place = this.place(this.count);
    this.values[place] = arrivedAt;
    this.values[place + 1] = firstTokenAt;
    this.values[place + 2] = leftAt;
    this.values[place + 3] = outputTokens;
    this.count += 1;
  }

  /** In the order in which they left; older ones than the span may be among them. */
  *all(): Generator<LeftRequest> {
    for (let i = 0; i < this.count; i += 1) {
      const place = this.place(i);
      const [arrivedAt = 0, firstTokenAt = 0, leftAt = 0, outputTokens = 0] = this.values.subarray(place, place + FIELDS);
      yield { arrivedAt, firstTokenAt, leftAt, outputTokens };
    }
  }

  private place(index: number): number {
    return ((this.first + index) * FIELDS) % this.values.length;
  }

  private grow(): void {
    const values = new Float64Array(this.values.length * 2);
    const split = this.first * FIELDS;
    values.set(this.values.subarray(split));
    values.set(this.values.subarray(0, split), this.values.length - split);
    this.values = values;
    this.first = 0;
  }
}
