import { describe, expect, it } from "vitest";
import { requestScale } from "../../../src/autoscaler/keda/executor.ts";
import { fallbackMilli } from "../../../src/autoscaler/keda/fallback.ts";
import { KEDA_DEFAULTS, type Fallback, type KedaSpec } from "../../../src/autoscaler/keda/spec.ts";

const spec = (parts: Partial<KedaSpec> = {}): KedaSpec => ({ ...KEDA_DEFAULTS, triggers: [], ...parts });
const idle = { isActive: false, hasError: false };
const active = { isActive: true, hasError: false };

describe("KEDA's part of scaling", () => {
  it.each<[Partial<KedaSpec>, typeof idle, number, number | null, string]>([
    [{}, active, 0, 1, "activates to one"],
    [{ minReplicaCount: 3 }, active, 0, 3, "or to the minimum"],
    [{}, active, 5, null, "and never further: the HPA does that"],
    [{ minReplicaCount: 3, idleReplicaCount: 1 }, active, 1, 3, "from idle to the minimum"],
    [{ minReplicaCount: 3, idleReplicaCount: 1 }, active, 3, null, "which is enough"],
    [{}, idle, 5, 0, "to 0 without activity"],
    [{ minReplicaCount: 3, idleReplicaCount: 1 }, idle, 5, 1, "or to idle"],
    [{ minReplicaCount: 3, idleReplicaCount: 1 }, idle, 1, null, "where it stays"],
    [{ minReplicaCount: 3 }, idle, 5, null, "with a minimum the HPA does the rest"],
    [{ minReplicaCount: 3 }, idle, 1, 3, "and the minimum is restored"],
    [{}, { isActive: false, hasError: true }, 5, null, "an error holds it where it is"],
    [{}, { isActive: true, hasError: true }, 0, 1, "but not from activating"],
    [{ paused: { replicas: null } }, active, 0, null, "paused: nothing"],
    [{ paused: { replicas: 4 } }, active, 0, 4, "paused at a number: that"],
  ])("%j, %j at %i replicas: %j, %s", (parts, poll, current, replicas) => {
    expect(requestScale(spec(parts), { lastActiveAt: null, createdAt: 0 }, poll, current, 1000)).toBe(replicas);
  });

  it.each<[number, number | null, string]>([
    [300, null, "exactly one cooldown after the last activity"],
    [300.1, 0, "later"],
  ])("%f s after the poll that last saw activity it goes to %j: %s", (after, replicas) => {
    const state = { lastActiveAt: null, createdAt: 0 };
    requestScale(spec(), state, active, 1, 1000);
    expect(requestScale(spec(), state, idle, 1, 1000 + after)).toBe(replicas);
  });

  it("does not take activity with an error for the last one", () => {
    const state = { lastActiveAt: 100, createdAt: 0 };
    requestScale(spec(), state, { isActive: true, hasError: true }, 1, 1000);
    expect(state.lastActiveAt).toBe(100);
  });

  it.each([
    [60, null],
    [60.1, 0],
  ])("never active, it waits for the initial cooldown from its creation on: at %f s %j", (now, replicas) => {
    expect(requestScale(spec({ initialCooldownPeriod: 60 }), { lastActiveAt: null, createdAt: 0 }, idle, 1, now)).toBe(replicas);
  });
});

describe("a fallback's value", () => {
  const fallback = (behavior: Fallback["behavior"]): Fallback => ({ failureThreshold: 3, replicas: 6, behavior });
  it.each<[Fallback["behavior"], number, number | null, number | null, string]>([
    ["static", 2, null, 60_000, "the target for each of its replicas"],
    ["currentReplicas", 2, null, 20_000, "for each that there is"],
    ["currentReplicasIfHigher", 2, null, 60_000, "the higher number"],
    ["currentReplicasIfHigher", 9, null, 90_000, "the higher number"],
    ["currentReplicasIfLower", 2, null, 20_000, "the lower number"],
    ["currentReplicasIfLower", 9, null, 60_000, "the lower number"],
    ["static", 4, 3, 20_000, "of a Value target, over the ready replicas"],
    ["static", 4, 0, null, "of which there must be one"],
  ])("%s at %i replicas, %j ready: %j, %s", (behavior, current, ready, milli) => {
    expect(fallbackMilli(fallback(behavior), 10_000, current, ready)).toBe(milli);
  });
});
