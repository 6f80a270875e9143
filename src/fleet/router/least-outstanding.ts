import type { RoutingPolicy, Target } from "./policy.ts";

/**
 * The replica with the fewest outstanding requests; of equals the one created first.
 *
 * A tournament tree over replica ids: choosing costs nothing, a change one path to the root.
 */
export class LeastOutstandingPolicy implements RoutingPolicy {
  private leaves = 1;
  /** Node i has children 2i and 2i + 1; the leaf of replica r is `leaves + r`. Each node holds the least load below it. */
  private least = new Float64Array(2).fill(Infinity);

  add(target: Target): void {
    this.changed(target);
  }

  remove(id: number): void {
    this.set(id, Infinity);
  }

  changed(target: Target): void {
    this.set(target.id, target.isFull ? Infinity : target.outstanding);
  }

  /** Whether a replica is there and not full. */
  takes(id: number): boolean {
    return id < this.leaves && this.least[this.leaves + id]! < Infinity;
  }

  choose(): number {
    const least = this.least;
    if (least[1] === Infinity) return -1;
    let node = 1;
    while (node < this.leaves) {
      node *= 2;
      if (least[node + 1]! < least[node]!) node += 1;
    }
    return node - this.leaves;
  }

  /** Says how many requests a replica holds; Infinity takes it out. */
  private set(replica: number, outstanding: number): void {
    while (replica >= this.leaves) this.grow();
    const least = this.least;
    let node = this.leaves + replica;
    least[node] = outstanding;
    for (node >>= 1; node >= 1; node >>= 1) {
      const smaller = Math.min(least[2 * node]!, least[2 * node + 1]!);
      if (least[node] === smaller) break;
      least[node] = smaller;
    }
  }

  private grow(): void {
    const leaves = this.leaves * 2;
    const least = new Float64Array(2 * leaves).fill(Infinity);
    for (let replica = 0; replica < this.leaves; replica += 1) least[leaves + replica] = this.least[this.leaves + replica]!;
    for (let node = leaves - 1; node >= 1; node -= 1) least[node] = Math.min(least[2 * node]!, least[2 * node + 1]!);
    this.leaves = leaves;
    this.least = least;
  }
}
