import type { Meters } from "../../replica/meters.ts";
import type { Nanoseconds } from "../../units.ts";

/** A node without a replica. */
class KeptNode {
  /** Up to when it is accounted for. */
  paidUntil: Nanoseconds;

  constructor(
    readonly known: number,
    readonly since: Nanoseconds,
  ) {
    this.paidUntil = since;
  }
}

/**
 * Nodes that are kept for a while after their replica has gone, paid and empty, so that the next replica finds its image, its weights
 * and its compiled kernels there. One replica a node.
 */
export class Nodes {
  private kept: KeptNode[] = [];
  private readonly keepFor: Nanoseconds;
  private readonly meters: Meters;

  constructor(keepFor: Nanoseconds, meters: Meters) {
    this.keepFor = keepFor;
    this.meters = meters;
  }

  /** A node for a replica: the kept one that knows most, of equals the one left last; otherwise a new one. Gives how many phases it has been through: 0 for a new one. */
  take(now: Nanoseconds): number {
    this.expire(now);
    let best: KeptNode | null = null;
    for (const node of this.kept) if (best === null || node.known >= best.known) best = node;
    if (best === null) return 0;
    this.kept = this.kept.filter((node) => node !== best);
    this.meters.keptNodes.add(1, best.paidUntil, now);
    return best.known;
  }

  /** A replica has left its node. @param known phases that the node has been through; 0: there was none yet */
  leave(known: number, now: Nanoseconds): void {
    if (known > 0 && this.keepFor > 0) this.kept.push(new KeptNode(known, now));
  }

  /** Accounts for all time up to now. */
  settle(now: Nanoseconds): void {
    this.expire(now);
    for (const node of this.kept) {
      this.meters.keptNodes.add(1, node.paidUntil, now);
      node.paidUntil = now;
    }
  }

  private expire(now: Nanoseconds): void {
    const isOver = ({ since }: KeptNode): boolean => since + this.keepFor <= now;
    for (const node of this.kept) if (isOver(node)) this.meters.keptNodes.add(1, node.paidUntil, node.since + this.keepFor);
    this.kept = this.kept.filter((node) => !isOver(node));
  }
}
