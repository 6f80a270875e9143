import type { RollingUpdate } from "./settings.ts";

/** A fleet in the middle of a rolling update; replicas that drain do not count. */
export interface Rollout {
  /** Replicas wanted (`spec.replicas`). */
  readonly wanted: number;
  /** Of the version before: those that are ready, and those that are not. */
  readonly oldReady: number;
  readonly oldUnready: number;
  /** Of the new version: all, and those of them that are ready. */
  readonly fresh: number;
  readonly freshReady: number;
}

/** What to do now. */
export interface RolloutStep {
  /** Replicas of the new version to start. */
  readonly start: number;
  /** Replicas to stop: of the new version, and of the old one those that are not ready and those that are. */
  readonly stopFresh: number;
  readonly stopOldUnready: number;
  readonly stopOldReady: number;
}

/** The limits in replicas: a share of the surge is rounded up, of the unavailable down; where both come to 0, one may be missing. */
export const fenceposts = (
  { max_surge: surge, max_unavailable: unavailable }: Pick<RollingUpdate, "max_surge" | "max_unavailable">,
  wanted: number,
): { readonly surge: number; readonly unavailable: number } => {
  const resolved = { surge: resolve(surge, wanted, Math.ceil), unavailable: resolve(unavailable, wanted, Math.floor) };
  return resolved.surge === 0 && resolved.unavailable === 0 ? { surge: 0, unavailable: 1 } : resolved;
};

const resolve = (portion: number | string, wanted: number, round: (share: number) => number): number =>
  typeof portion === "number" ? portion : round((Number.parseInt(portion, 10) * wanted) / 100);

/**
 * One pass of Kubernetes' Deployment controller: first the new version grows as far as the surge allows, then the old one shrinks as far as
 * enough replicas stay ready, those that are not ready first.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/deployment/rolling.go
 */
export const rolloutStep = (settings: Pick<RollingUpdate, "max_surge" | "max_unavailable">, rollout: Rollout): RolloutStep => {
  const { wanted, oldReady, oldUnready, freshReady } = rollout;
  const { surge, unavailable } = fenceposts(settings, wanted);
  const room = wanted + surge - (oldReady + oldUnready + rollout.fresh);
  const start = Math.max(0, Math.min(room, wanted - rollout.fresh));
  const stopFresh = Math.max(0, rollout.fresh - wanted);
  const fresh = rollout.fresh + start - stopFresh;
  const least = wanted - Math.min(unavailable, wanted);
  const spare = Math.max(0, oldReady + oldUnready + fresh - least - (fresh - Math.min(fresh, freshReady)));
  const stopOldUnready = Math.min(oldUnready, spare);
  return { start, stopFresh, stopOldUnready, stopOldReady: Math.min(oldReady, spare - stopOldUnready) };
};
