import type { Behavior } from "../../autoscaler/hpa/behavior.ts";
import type { Policy } from "../../fleet/policy.ts";
import { withHpaBehavior } from "./hpa-manifest.ts";
import type { Hpa } from "./targets.ts";

/** How fast an HPA may move. */
export interface NamedBehavior {
  /** Short enough for a table; empty for Kubernetes' defaults. */
  readonly name: string;
  /** Null: none is written. */
  readonly behavior: Behavior | null;
}

export const BY_DEFAULT: NamedBehavior = { name: "", behavior: null };

/** What is tried besides Kubernetes' defaults: 5 minutes before a replica goes, and 4 more or twice as many each 15 s. */
export const OTHERS: readonly NamedBehavior[] = [
  { name: "down after 30 min", behavior: { scaleDown: { stabilizationWindowSeconds: 1800 } } },
  {
    name: "up tenfold at once",
    behavior: { scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: "Percent", value: 900, periodSeconds: 15 }] } },
  },
];

/** Replicas that Kubernetes adds in one pass at least. */
const ADDED_AT_ONCE = 4;

/** Whether a behavior can change what the HPA does: rules for scaling up do not, where one pass of the defaults reaches the most already. */
export const canDiffer = ({ behavior }: NamedBehavior, { min_replicas: least, max_replicas: most }: Hpa): boolean =>
  behavior?.scaleUp === undefined || most > Math.max(least + ADDED_AT_ONCE, 2 * least);

/** The HPA with a behavior, as its manifest would say it. */
export const withBehavior = (hpa: Hpa, { name, behavior }: NamedBehavior): Policy =>
  behavior === null ? hpa : withHpaBehavior(hpa, behavior, name);
