import type { Bytes, BytesPerSecond, Seconds } from "../../units.ts";
import { scaledDuration, typicalDuration, type Duration } from "./duration.ts";

interface NamedPhase {
  readonly name: string;
  /** The state in which the phase's GPU time is counted. */
  readonly state: "provisioning" | "loading" | "warming";
  /** What it takes instead on a node that has been through it before: its disk, page cache or compile cache still has the result. Absent: the same. */
  readonly onKnownNode?: Seconds;
}

/** A phase that takes a time of its own, whatever other replicas do. */
export interface TimedPhase extends NamedPhase {
  readonly duration: Duration;
  /** Before it: a chance that no node is to be had, and how long until the next try. */
  readonly stockOut?: { readonly probability: number; readonly retry: Duration };
}

/** A phase that moves bytes over a link that all replicas share which are in it at that time. */
export interface TransferPhase extends NamedPhase {
  readonly transfer: {
    readonly bytes: Bytes;
    /** What one replica reaches by itself. */
    readonly bandwidth: BytesPerSecond;
    /** What all of them reach together; absent: as much as they ask for. */
    readonly sharedBandwidth?: BytesPerSecond;
    /** Chance that a new node has the bytes already; absent: 0. */
    readonly cached?: number;
    /** What each ready replica sends to others, and each receiver takes at most; absent: nothing comes from peers. */
    readonly peerBandwidth?: BytesPerSecond;
  };
}

/** Waits for the readiness probe that finds the server up: the first of those every `period` from `initialDelay` after the container's start. */
export interface ProbePhase extends NamedPhase {
  readonly probe: { readonly period: Seconds; readonly initialDelay: Seconds };
}

/** One step of the way from a wish for a replica to a ready one. The container starts with the first that is not provisioning. */
export type ColdStartPhase = TimedPhase | TransferPhase | ProbePhase;

/** What a phase takes in the middle of its distribution, alone on its link, on a new node. A probe is half a period away. */
export const typicalSeconds = (phase: ColdStartPhase): Seconds => {
  if ("transfer" in phase) {
    const { bytes, bandwidth, sharedBandwidth = Infinity, cached = 0 } = phase.transfer;
    return cached >= 0.5 ? 0 : bytes / Math.min(bandwidth, sharedBandwidth);
  }
  return "probe" in phase ? phase.probe.period / 2 : typicalDuration(phase.duration);
};

/** What a whole start takes on a new node in the middle of its phases' distributions, to the readiness probe that finds the server up. */
export const typicalStart = (phases: readonly ColdStartPhase[]): Seconds => {
  let now = 0;
  let containerAt: Seconds | null = null;
  for (const phase of phases) {
    if (phase.state !== "provisioning") containerAt ??= now;
    if ("probe" in phase) {
      const { period, initialDelay } = phase.probe;
      const first = (containerAt ?? now) + initialDelay;
      now = first + period * Math.max(0, Math.ceil((now - first) / period));
    } else now += typicalSeconds(phase);
  }
  return now;
};

/** A phase that takes so many times as long; a probe looks as often as before. */
export const scaledPhase = (phase: ColdStartPhase, factor: number): ColdStartPhase => {
  const known = phase.onKnownNode === undefined ? {} : { onKnownNode: phase.onKnownNode * factor };
  if ("transfer" in phase) return { ...phase, ...known, transfer: { ...phase.transfer, bytes: phase.transfer.bytes * factor } };
  if ("probe" in phase) return { ...phase, ...known };
  return { ...phase, ...known, duration: scaledDuration(phase.duration, factor) };
};
