import type { Stream } from "../../sim/streams.ts";
import { IdSet } from "./id-set.ts";
import type { RoutingPolicy, Target } from "./policy.ts";

/** Any replica, each with the same chance: Envoy's RANDOM. */
export class RandomPolicy implements RoutingPolicy {
  private readonly open = new IdSet();
  private readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }

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
    return size === 0 ? -1 : this.open.at(Math.floor(this.stream.uniform() * size));
  }
}
