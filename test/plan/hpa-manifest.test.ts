import { expect, it } from "vitest";
import type { Policy } from "../../src/fleet/policy.ts";
import { OTHERS, withBehavior } from "../../src/plan/search/behaviors.ts";
import { hpaSpecOf } from "../../src/plan/search/hpa-manifest.ts";
import { slowerOrNull } from "../../src/plan/levers/slower.ts";
import type { Hpa } from "../../src/plan/search/targets.ts";

const hpa: Hpa = {
  kind: "hpa",
  min_replicas: 2,
  max_replicas: 8,
  metric: "requests_in_flight",
  target_average: 7.0005,
  scrape: { interval_s: 15, delay_s: 5 },
};

const behaved: [string, Policy][] = [
  ["a behavior", withBehavior(hpa, OTHERS[0]!)],
  ["a slower scale-down", slowerOrNull(hpa)!.policy(hpa)],
];

it.each(behaved)("an HPA with %s keeps its limits, its target and how late its metrics come", (_, policy) => {
  if (policy.kind !== "manifest" || policy.autoscaler.kind !== "hpa") throw new Error("expected an HPA's manifest");
  const { spec } = policy.autoscaler;
  expect(policy.scrape).toEqual(hpa.scrape);
  expect(spec).toEqual({ ...hpaSpecOf(hpa), behavior: spec.behavior });
  expect(policy.initial_replicas).toBe(2);
});
