import type { Observation, ReplicaObservation, ServerMetrics } from "../autoscaler/autoscaler.ts";
import type { Replica } from "../replica/replica.ts";
import { toSeconds, type Nanoseconds } from "../units.ts";
import type { Fleet } from "./fleet.ts";

/** A reading of how long a replica's GPU has been busy. */
interface BusyReading {
  readonly at: Nanoseconds;
  readonly busy: Nanoseconds;
}

/** What an autoscaler sees of the fleet: the state that Kubernetes shows, and the metrics that the servers export. */
export class Observer {
  /** By replica, at the last observation. */
  private busyBefore = new Map<number, BusyReading>();

  /** The fleet after the steps of this instant. GPU duty is that since the observation before, or since the replica serves. */
  observe(fleet: Fleet, requestsArrived: number, now: Nanoseconds): Observation {
    const busy = new Map<number, BusyReading>();
    const replicas = Array.from(fleet.replicas.values(), (replica): ReplicaObservation => {
      const { id, life } = replica;
      const state = life.isReady ? "serving" : life.state === "provisioning" ? "pending" : "starting";
      if (!life.isReady) return { id, state, isDraining: life.isDraining, metrics: null };
      busy.set(id, { at: now, busy: life.busyTimeAt(now) });
      return { id, state, isDraining: life.isDraining, metrics: this.metricsOf(replica, now) };
    });
    this.busyBefore = busy;
    return { now: toSeconds(now), current: fleet.wanted, replicas, requestsQueued: fleet.queued, requestsArrived };
  }

  private metricsOf(replica: Replica, now: Nanoseconds): ServerMetrics {
    const { id, life, scheduler } = replica;
    const readyAt = life.readyAt ?? now;
    const earlier = this.busyBefore.get(id);
    // A server that died and came back since is another process.
    const before = earlier !== undefined && earlier.at >= readyAt ? earlier : { at: readyAt, busy: life.busyTimeWhenReady };
    const elapsed = now - before.at;
    return {
      requestsRunning: scheduler.runningCount,
      requestsWaiting: scheduler.waiting.length,
      kvCacheUsage: replica.kvUseAt(now, false),
      gpuDuty: elapsed === 0 ? 0 : (life.busyTimeAt(now) - before.busy) / elapsed,
      requestsReceived: replica.received,
    };
  }
}
