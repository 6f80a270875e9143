import type { Stream } from "../../sim/streams.ts";
import { OpenReplicas } from "./open-replicas.ts";
import type { RoutingPolicy } from "./policy.ts";

/** Any replica, each with the same chance: Envoy's RANDOM. */
export class RandomPolicy extends OpenReplicas implements RoutingPolicy {
  private readonly stream: Stream;

  constructor(stream: Stream) {
    super();
    this.stream = stream;
  }

  choose(): number {
    const { size } = this.open;
    return size === 0 ? -1 : this.open.at(Math.floor(this.stream.uniform() * size));
  }
}
