import type { Stream } from "../../sim/streams.ts";
import type { Nanoseconds } from "../../units.ts";
import type { RoutedRequest, RoutingPolicy, Target } from "./policy.ts";
import { TieBreak } from "./tie-break.ts";

/** The replica whose requests hold the smallest share of its KV blocks; one of equals is drawn. */
export class LeastKvPolicy implements RoutingPolicy {
  private readonly targets: Target[] = [];
  private readonly best: TieBreak;

  constructor(stream: Stream) {
    this.best = new TieBreak(stream);
  }

  add(target: Target): void {
    this.targets.push(target);
  }

  remove(id: number): void {
    this.targets.splice(
      this.targets.findIndex((target) => target.id === id),
      1,
    );
  }

  changed(): void {
    // Every choice looks at all.
  }

  choose(_request: RoutedRequest, now: Nanoseconds, isBeforeSteps: boolean): number {
    this.best.begin();
    for (const target of this.targets) {
      if (!target.isFull) this.best.offer(target.id, -target.kvUseAt(now, isBeforeSteps));
    }
    return this.best.id;
  }
}
