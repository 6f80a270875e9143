import { DOWNSCALE_STABILIZATION } from "../autoscaler/hpa/normalise.ts";
import type { Behavior, ScalingRules } from "../autoscaler/hpa/behavior.ts";
import type { Reasons } from "./commented.ts";
import { quantityText } from "./quantity.ts";

/** `behavior` as it is written. */
export const behaviorValue = ({ scaleUp, scaleDown }: Behavior): object => ({
  ...(scaleUp === undefined ? {} : { scaleUp: rulesValue(scaleUp) }),
  ...(scaleDown === undefined ? {} : { scaleDown: rulesValue(scaleDown) }),
});

const rulesValue = ({ tolerance, ...rules }: ScalingRules): object => ({
  ...rules,
  ...(tolerance === undefined ? {} : { tolerance: quantityText(Math.round(tolerance * 1000)) }),
});

/** What each of its values does; `path` is where it stands. */
export const behaviorReasons = (behavior: Behavior, path: string): Reasons => {
  const reasons: Record<string, string> = {};
  for (const direction of ["scaleUp", "scaleDown"] as const) {
    const rules = behavior[direction];
    const isUp = direction === "scaleUp";
    const at = `${path}.${direction}`;
    if (rules?.stabilizationWindowSeconds !== undefined) {
      reasons[`${at}.stabilizationWindowSeconds`] = isUp
        ? "so long a rise must last"
        : `so long a fall must last; Kubernetes' own is ${DOWNSCALE_STABILIZATION}`;
    }
    if (rules?.selectPolicy !== undefined) {
      reasons[`${at}.selectPolicy`] = {
        Max: "the policy that allows most",
        Min: "the policy that allows least",
        Disabled: "never in this direction",
      }[rules.selectPolicy];
    }
    if (rules?.tolerance !== undefined)
      reasons[`${at}.tolerance`] = "so far off target nothing happens; needs the feature gate HPAConfigurableTolerance";
    for (const [i, { type, value, periodSeconds }] of (rules?.policies ?? []).entries()) {
      reasons[`${at}.policies.${i}.value`] =
        `${isUp ? "adds" : "removes"} at most ${value} ${type === "Pods" ? "replicas" : "% of them"} in ${periodSeconds} s`;
    }
  }
  return reasons;
};
