import type { ColdStartPhase, TransferPhase } from "../../replica/cold-start/phase.ts";
import type { EventQueue } from "../../sim/event-queue.ts";
import type { Bytes, Nanoseconds } from "../../units.ts";
import { SharedLink } from "./shared-link.ts";

/**
 * The links over which starting replicas load, one from afar for each phase that transfers, and one from ready peers where they send. Links
 * are numbered: 2·phase from afar, 2·phase + 1 from peers. Each has an event at the next end of a transfer; one that was overtaken is ignored.
 */
export class Transfers {
  private readonly phases: readonly ColdStartPhase[];
  private readonly events: EventQueue;
  private readonly rank: number;
  private readonly links = new Map<number, SharedLink>();
  /** The number of the link over which a replica loads. */
  private readonly linkOf = new Map<number, number>();
  /** Ready replicas: each can send to its peers what it has loaded. */
  private sources = 0;

  /** @param rank of a link's events */
  constructor(phases: readonly ColdStartPhase[], events: EventQueue, rank: number) {
    this.phases = phases;
    this.events = events;
    this.rank = rank;
    for (const [index, phase] of phases.entries()) {
      if (!("transfer" in phase)) continue;
      const { bandwidth, sharedBandwidth = Infinity, peerBandwidth } = phase.transfer;
      this.links.set(2 * index, new SharedLink(bandwidth, sharedBandwidth));
      if (peerBandwidth !== undefined) this.links.set(2 * index + 1, new SharedLink(peerBandwidth, 0));
    }
  }

  /** A replica begins to load, from peers where there are any. @param index of the phase */
  begin(replica: number, { transfer }: TransferPhase, index: number, now: Nanoseconds): void {
    const fromPeers = this.sources > 0 && transfer.peerBandwidth !== undefined;
    this.join(fromPeers ? 2 * index + 1 : 2 * index, replica, transfer.bytes, now);
  }

  /** Ends the transfers over a link that are through. Gives their replicas; none where the event was overtaken by another. */
  finish(number: number, now: Nanoseconds): number[] {
    const link = this.links.get(number)!;
    if (link.endsAt !== now) return [];
    const replicas = link.finish(now);
    for (const replica of replicas) this.linkOf.delete(replica);
    this.expectEnd(number, link);
    return replicas;
  }

  /** Breaks a replica's transfer off, if one is under way. */
  leave(replica: number, now: Nanoseconds): void {
    const number = this.linkOf.get(replica);
    if (number === undefined) return;
    const link = this.links.get(number)!;
    link.leave(replica, now);
    this.linkOf.delete(replica);
    this.expectEnd(number, link);
  }

  /** The number of ready replicas has changed. Where none is left, what came from peers goes on from afar. */
  changeSources(by: 1 | -1, now: Nanoseconds): void {
    this.sources += by;
    for (const [index, phase] of this.phases.entries()) {
      if (!("transfer" in phase) || phase.transfer.peerBandwidth === undefined) continue;
      const link = this.links.get(2 * index + 1)!;
      link.setCapacity(this.sources * phase.transfer.peerBandwidth, now);
      if (this.sources === 0) for (const replica of link.replicas()) this.join(2 * index, replica, link.leave(replica, now), now);
      this.expectEnd(2 * index + 1, link);
    }
  }

  private join(number: number, replica: number, bytes: Bytes, now: Nanoseconds): void {
    const link = this.links.get(number)!;
    link.join(replica, bytes, now);
    this.linkOf.set(replica, number);
    this.expectEnd(number, link);
  }

  /** After every change of a link: what was expected before is overtaken. */
  private expectEnd(number: number, link: SharedLink): void {
    if (link.endsAt < Infinity) this.events.push(link.endsAt, this.rank, number);
  }
}
