import { type Replica } from "../../replica/replica.ts";
import type { EventQueue } from "../../sim/event-queue.ts";
import { toNanoseconds, type Nanoseconds } from "../../units.ts";
import { eventRank } from "../event-rank.ts";
import type { ReplicaSet } from "../replica-set.ts";
import { rolloutStep } from "./rollout.ts";
import type { Churn, RollingUpdate } from "./settings.ts";

/** What is to happen at a stated time. */
type Stated = "loss" | "failure" | "reclaim" | "rolling_update";

/** Failures, reclaimed nodes and rolling updates: what happens to a fleet besides scaling. All of it after the steps of its instant. */
export class Disruptor {
  private readonly churn: Churn;
  private readonly events: EventQueue;
  private readonly replicaSet: ReplicaSet;
  private readonly stated: Stated[] = [];
  /** The rolling update under way. */
  private update: RollingUpdate | null = null;

  constructor(churn: Churn, events: EventQueue, replicaSet: ReplicaSet) {
    this.churn = churn;
    this.events = events;
    this.replicaSet = replicaSet;
    const { failures, rolling_update: update } = churn;
    if (failures?.gone !== undefined) this.state("loss", 0);
    for (const at of failures?.replica?.at_s ?? []) this.state("failure", at);
    for (const at of failures?.node?.at_s ?? []) this.state("reclaim", at);
    if (update !== undefined) this.state("rolling_update", update.at_s);
  }

  get isUpdating(): boolean {
    return this.update !== null;
  }

  /** A replica's server dies, if its time has come. */
  fail(id: number, now: Nanoseconds): void {
    const replica = this.replicaSet.replicas.get(id);
    if (replica === undefined || !this.replicaSet.failures.isFailing(id, now)) return;
    this.strike("failure", replica, "its time had come", now);
  }

  /** A replica's node is reclaimed, if its time has come. @returns whether a replica is ready at once */
  reclaim(id: number, now: Nanoseconds): boolean {
    const replica = this.replicaSet.replicas.get(id);
    return (
      replica !== undefined && this.replicaSet.failures.isReclaimed(id, now) && this.strike("reclaim", replica, "its time had come", now)
    );
  }

  /** What was stated for this time happens. @returns whether a replica is ready at once */
  happen(number: number, now: Nanoseconds): boolean {
    const kind = this.stated[number]!;
    if (kind === "rolling_update") {
      this.begin(this.churn.rolling_update!, now);
      return false;
    }
    if (kind === "loss") {
      this.takeGone(now);
      return false;
    }
    return this.strike(kind, this.longestReadyOrNull(), "as the scenario says", now);
  }

  /** Of those wanted so many never serve: where fewer are lost, as before so many are there, ready ones are. */
  takeGone(now: Nanoseconds): void {
    const { gone = 0 } = this.churn.failures ?? {};
    if (gone === 0) return;
    for (let lost = this.replicaSet.present().filter(({ life }) => life.isLost).length; lost < gone; lost += 1) {
      const replica = this.longestReadyOrNull();
      if (replica === null) return;
      this.strike("loss", replica, "as the scenario says", now);
    }
  }

  /** Has a rolling update go on after the steps of this instant: a replica is ready, has failed, or another number is wanted. */
  wake(now: Nanoseconds): void {
    if (this.update !== null) this.events.push(now, eventRank.rollout, 0);
  }

  /** A rolling update goes on. @returns whether a replica is ready at once */
  rollOut(now: Nanoseconds): boolean {
    if (this.update === null) return false;
    const { replicaSet } = this;
    const isOld = ({ revision }: Replica): boolean => revision < replicaSet.revision;
    const isReady = ({ life }: Replica): boolean => life.isReady;
    const present = replicaSet.present().filter(({ life }) => !life.isLost);
    const wanted = replicaSet.wanted - (replicaSet.present().length - present.length);
    const old = replicaSet.inOrderOfGoing(present.filter(isOld), now);
    const fresh = replicaSet.inOrderOfGoing(
      present.filter((replica) => !isOld(replica)),
      now,
    );
    const oldReady = old.filter(isReady);
    const step = rolloutStep(this.update, {
      wanted,
      oldReady: oldReady.length,
      oldUnready: old.length - oldReady.length,
      fresh: fresh.length,
      freshReady: fresh.filter(isReady).length,
    });
    const isReadyAtOnce = replicaSet.start(step.start, now);
    replicaSet.stop(fresh.slice(0, step.stopFresh), now);
    replicaSet.stop(old.slice(0, step.stopOldUnready), now);
    replicaSet.stop(oldReady.slice(0, step.stopOldReady), now);
    const left = replicaSet.present().filter(({ life }) => !life.isLost);
    if (left.length === wanted && left.every((replica) => !isOld(replica) && isReady(replica))) {
      this.update = null;
      replicaSet.disruptions.updated(now);
    } else if (Object.values(step).some((count) => count > 0)) {
      this.wake(now);
    }
    return isReadyAtOnce;
  }

  private state(kind: Stated, at: number): void {
    this.events.push(toNanoseconds(at), eventRank.disruption, this.stated.length);
    this.stated.push(kind);
  }

  private begin(update: RollingUpdate, now: Nanoseconds): void {
    const { replicaSet } = this;
    replicaSet.revision += 1;
    replicaSet.disruptions.record("rolling_update", now, null, `max surge ${update.max_surge}, max unavailable ${update.max_unavailable}`);
    replicaSet.renewPool(now);
    this.update = update;
    this.wake(now);
  }

  private strike(kind: "loss" | "failure" | "reclaim", replica: Replica | null, because: string, now: Nanoseconds): boolean {
    const { replicaSet } = this;
    replicaSet.disruptions.record(
      kind === "loss" ? "failure" : kind,
      now,
      replica?.id ?? null,
      replica === null ? `${because}; no replica was ready` : because,
    );
    if (replica === null) return false;
    this.wake(now);
    if (kind === "reclaim") return replicaSet.reclaim(replica, toNanoseconds(this.churn.failures!.node!.notice_s), now);
    if (kind === "loss") replicaSet.lose(replica, now);
    else replicaSet.fail(replica, now);
    return false;
  }

  private longestReadyOrNull(): Replica | null {
    let found: Replica | null = null;
    for (const replica of this.replicaSet.present()) {
      if (replica.life.isReady && (found === null || replica.life.readyAt! < found.life.readyAt!)) found = replica;
    }
    return found;
  }
}
