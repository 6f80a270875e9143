import * as fc from "fast-check";
import type { RoutedRequest, RoutingPolicy, Target } from "../../../src/fleet/router/policy.ts";
import type { Work } from "../../../src/traffic/request.ts";

/** What a policy sees of a replica, to be set by hand. */
export class HandTarget implements Target {
  isFull = false;
  outstanding = 0;
  waiting = 0;
  kvUse = 0;
  readonly id: number;

  constructor(id: number, seen: Partial<Pick<HandTarget, "isFull" | "outstanding" | "waiting" | "kvUse">> = {}) {
    this.id = id;
    Object.assign(this, seen);
  }

  kvUseAt(): number {
    return this.kvUse;
  }
}

/** A policy, with the targets that it was told of. */
export class HandFleet {
  readonly targets = new Map<number, HandTarget>();
  readonly policy: RoutingPolicy;
  private requests = 0;

  constructor(policy: RoutingPolicy, ...targets: readonly HandTarget[]) {
    this.policy = policy;
    for (const target of targets) this.add(target);
  }

  add(target: HandTarget): void {
    this.targets.set(target.id, target);
    this.policy.add(target);
  }

  remove(id: number): void {
    this.targets.delete(id);
    this.policy.remove(id);
  }

  change(id: number, seen: Partial<HandTarget>): void {
    const target = this.targets.get(id)!;
    Object.assign(target, seen);
    this.policy.changed(target);
  }

  choose(work: Partial<Work> = {}): number {
    const request = requestOf(this.requests, work);
    this.requests += 1;
    return this.policy.choose(request, 0, true);
  }

  /** Chooses a replica, and gives it the request. */
  give(work: Partial<Work> = {}): number {
    const id = this.choose(work);
    if (id >= 0) this.change(id, { outstanding: this.targets.get(id)!.outstanding + 1 });
    return id;
  }

  get open(): HandTarget[] {
    return [...this.targets.values()].filter(({ isFull }) => !isFull).sort((a, b) => a.id - b.id);
  }
}

export const requestOf = (id: number, work: Partial<Work> = {}): RoutedRequest => ({
  id,
  work: { promptTokens: 64, outputTokens: 1, ...work },
  session: work.session ?? id,
});

/** What happens to a fleet: replicas come, go and change, in any order. */
export interface Change {
  readonly id: number;
  readonly seen: Pick<HandTarget, "isFull" | "outstanding" | "waiting" | "kvUse"> | null;
}

export const changes = (): fc.Arbitrary<Change[]> =>
  fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 40 }),
      seen: fc.option(
        fc.record({
          isFull: fc.boolean(),
          outstanding: fc.integer({ min: 0, max: 4 }),
          waiting: fc.integer({ min: 0, max: 3 }),
          kvUse: fc.constantFrom(0, 0.25, 0.5, 1),
        }),
      ),
    }),
    { maxLength: 80, size: "max" },
  );

/** Brings a change about: null takes a replica away. */
export const apply = (fleet: HandFleet, { id, seen }: Change): void => {
  if (seen === null) {
    if (fleet.targets.has(id)) fleet.remove(id);
  } else {
    if (!fleet.targets.has(id)) fleet.add(new HandTarget(id));
    fleet.change(id, seen);
  }
};
