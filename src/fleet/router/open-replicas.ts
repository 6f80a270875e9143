import { IdSet } from "./id-set.ts";
import type { Target } from "./policy.ts";

/** Keeps the ids of the replicas that take a request, for policies that look at nothing else. */
export abstract class OpenReplicas {
  protected readonly open = new IdSet();

  add(target: Target): void {
    this.changed(target);
  }

  remove(id: number): void {
    this.open.set(id, false);
  }

  changed(target: Target): void {
    this.open.set(target.id, !target.isFull);
  }
}
