import { IdSet } from "./id-set.ts";
import type { RoutingPolicy, Target } from "./policy.ts";

/** One replica after another in order of creation; those that are full or gone are passed over. */
export class RoundRobinPolicy implements RoutingPolicy {
  private readonly open = new IdSet();
  private last = -1;

  add(target: Target): void {
    this.open.set(target.id, !target.isFull);
  }

  remove(id: number): void {
    this.open.set(id, false);
  }

  changed(target: Target): void {
    this.open.set(target.id, !target.isFull);
  }

  choose(): number {
    const { size } = this.open;
    if (size === 0) return -1;
    const passed = this.open.countBelow(this.last + 1);
    this.last = this.open.at(passed === size ? 0 : passed);
    return this.last;
  }
}
