import { OpenReplicas } from "./open-replicas.ts";
import type { RoutingPolicy } from "./policy.ts";

/** One replica after another in order of creation; those that are full or gone are passed over. */
export class RoundRobinPolicy extends OpenReplicas implements RoutingPolicy {
  private last = -1;

  choose(): number {
    const { size } = this.open;
    if (size === 0) return -1;
    const passed = this.open.countBelow(this.last + 1);
    this.last = this.open.at(passed === size ? 0 : passed);
    return this.last;
  }
}
