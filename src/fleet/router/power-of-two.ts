import type { Stream } from "../../sim/streams.ts";
import { IdSet } from "./id-set.ts";
import type { RoutingPolicy, Target } from "./policy.ts";

/**
 * Of two different replicas drawn at random the one with fewer outstanding requests; of equals the one drawn first.
 *
 * @see Mitzenmacher 2001, https://doi.org/10.1109/71.963420; nginx calls it `random two least_conn`
 */
export class PowerOfTwoPolicy implements RoutingPolicy {
  private readonly open = new IdSet();
  private readonly targets = new Map<number, Target>();
  private readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  add(target: Target): void {
    this.targets.set(target.id, target);
    this.open.set(target.id, !target.isFull);
  }

  remove(id: number): void {
    this.targets.delete(id);
    this.open.set(id, false);
  }

  changed(target: Target): void {
    this.open.set(target.id, !target.isFull);
  }

  choose(): number {
    const { size } = this.open;
    if (size < 2) return size === 0 ? -1 : this.open.at(0);
    const first = Math.floor(this.stream.uniform() * size);
    const other = Math.floor(this.stream.uniform() * (size - 1));
    const a = this.open.at(first);
    const b = this.open.at(other < first ? other : other + 1);
    return this.targets.get(b)!.outstanding < this.targets.get(a)!.outstanding ? b : a;
  }
}
