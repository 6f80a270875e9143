import type { Behavior } from "../../autoscaler/hpa/behavior.ts";
import { DOWNSCALE_STABILIZATION } from "../../autoscaler/hpa/normalise.ts";
import type { Policy } from "../../fleet/policy.ts";
import { withHpaBehavior } from "../search/hpa-manifest.ts";

type Manifest = Extract<Policy, { kind: "manifest" }>;

/** How slowly a calm fleet lets replicas go: after so long, one in so long. */
const CALM_WINDOW_S = 900;
const CALM_PERIOD_S = 60;

/** A policy that is slower to let replicas go, and both ways in words. */
export interface Slower {
  readonly policy: (policy: Policy) => Policy;
  readonly from: string;
  readonly to: string;
}

/** Null where it never lets any go by itself, or is as slow already. */
export const slowerOrNull = (policy: Policy): Slower | null => {
  switch (policy.kind) {
    case "hpa":
      return slowerHpaOrNull(null, (each) => (each.kind === "hpa" ? withHpaBehavior(each, calm(null), "slow to scale down") : each));
    case "queue_length":
      return delayed(policy.quiet_s, "nothing waited", (each) =>
        each.kind === "queue_length" ? { ...each, quiet_s: CALM_WINDOW_S } : each,
      );
    case "predictive":
      return delayed(policy.scale_down_window_s, "no forecast asked for more", (each) =>
        each.kind === "predictive" ? { ...each, scale_down_window_s: CALM_WINDOW_S } : each,
      );
    case "manifest":
      return slowerManifestOrNull(policy);
    case "fixed":
    case "scheduled":
    case "module":
      return null;
    default:
      return policy satisfies never;
  }
};

const delayed = (seconds: number, what: string, change: (policy: Policy) => Policy): Slower | null =>
  seconds >= CALM_WINDOW_S ? null : { policy: change, from: `a replica goes after ${what} for ${seconds} s`, to: `for ${CALM_WINDOW_S} s` };

const slowerManifestOrNull = ({ autoscaler }: Manifest): Slower | null => {
  switch (autoscaler.kind) {
    case "hpa":
    case "keda":
      return slowerHpaOrNull(autoscaler.spec.behavior, (policy) => {
        if (policy.kind !== "manifest" || policy.autoscaler.kind === "knative") return policy;
        const { autoscaler: changed } = policy;
        const behavior = calm(changed.spec.behavior);
        return changed.kind === "hpa"
          ? { ...policy, autoscaler: { ...changed, spec: { ...changed.spec, behavior } } }
          : { ...policy, autoscaler: { ...changed, spec: { ...changed.spec, behavior } } };
      });
    case "knative":
      return delayed(autoscaler.spec.scaleDownDelay, "fewer were wanted", (policy) =>
        policy.kind === "manifest" && policy.autoscaler.kind === "knative"
          ? { ...policy, autoscaler: { ...policy.autoscaler, spec: { ...policy.autoscaler.spec, scaleDownDelay: CALM_WINDOW_S } } }
          : policy,
      );
    default:
      return autoscaler satisfies never;
  }
};

const slowerHpaOrNull = (behavior: Behavior | null, change: (policy: Policy) => Policy): Slower | null => {
  const { stabilizationWindowSeconds: window = DOWNSCALE_STABILIZATION, selectPolicy } = behavior?.scaleDown ?? {};
  if (window >= CALM_WINDOW_S || selectPolicy === "Disabled") return null;
  const pace = behavior?.scaleDown?.policies === undefined ? "all at once" : "at its own pace";
  return {
    policy: change,
    from: `scale-down after ${window} s, ${pace}`,
    to: `after ${CALM_WINDOW_S} s, one replica in ${CALM_PERIOD_S} s`,
  };
};

const calm = (behavior: Behavior | null): Behavior => ({
  ...behavior,
  scaleDown: { stabilizationWindowSeconds: CALM_WINDOW_S, policies: [{ type: "Pods", value: 1, periodSeconds: CALM_PERIOD_S }] },
});
