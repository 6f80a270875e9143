import { describe, expect, it } from "vitest";
import { applyScale, nextActivity, type Revision } from "../../../src/autoscaler/knative/scale-to-zero.ts";
import { KPA_CLUSTER_DEFAULTS, KPA_DEFAULTS, type KpaSpec } from "../../../src/autoscaler/knative/spec.ts";

const revision = (state: Revision["activity"]["state"], parts: Partial<Revision> = {}): Revision => ({
  activity: { state, since: 0 },
  isInitialised: true,
  isReachable: true,
  proxiedSince: 0,
  ...parts,
});
const spec = (parts: Partial<KpaSpec> = {}): KpaSpec => ({ ...KPA_DEFAULTS, ...parts });

describe("a wanted number above 0", () => {
  it.each<[number, Partial<KpaSpec>, number | null, string]>([
    [5, {}, 5, "is set"],
    [5, { maxScale: 3 }, 3, "within max-scale"],
    [1, { minScale: 2 }, 2, "and min-scale"],
    [0, { minScale: 2 }, 2, "which also keeps it from 0"],
    [-1, {}, null, "unknown: nothing happens"],
  ])("%i, %j: %j, %s", (desired, parts, replicas) => {
    expect(applyScale(spec(parts), desired, revision("active"), 100).replicas).toBe(replicas);
  });

  it("is at least initial-scale until that was reached, and as long as a route leads to it", () => {
    const starting = spec({ initialScale: 3 });
    expect(applyScale(starting, 1, revision("active", { isInitialised: false }), 0).replicas).toBe(3);
    expect(applyScale(starting, 1, revision("active"), 0).replicas).toBe(1);
    expect(applyScale(starting, 1, revision("active", { isInitialised: false, isReachable: false }), 0).replicas).toBe(1);
  });
});

describe("the way to 0", () => {
  it.each<[Revision["activity"]["state"], number, Partial<KpaSpec>, Partial<Revision>, number | null, number, string]>([
    ["active", 59.9, {}, {}, 1, 1, "active for less than a window: one replica"],
    ["active", 60, {}, {}, null, 0, "then it is declared idle, and nothing happens yet"],
    ["inactive", 29.9, {}, { proxiedSince: 10 }, null, 0, "the grace period has not passed"],
    ["inactive", 30, {}, { proxiedSince: 10 }, 0, 0, "it has"],
    ["inactive", 5, {}, { proxiedSince: -25 }, 0, 0, "behind the activator for as long already"],
    ["inactive", 100, {}, { proxiedSince: null }, null, 0, "no activator in the path"],
    ["inactive", 45, { podRetention: 60 }, {}, null, 0, "the last pod is retained"],
    ["inactive", 60, { podRetention: 60 }, {}, 0, 0, "no longer"],
    ["activating", 629.9, {}, {}, null, -1, "an activation may take as long as it must"],
    ["activating", 630, {}, {}, 0, 0, "but not for ever"],
    ["active", 100, { cluster: { ...KPA_CLUSTER_DEFAULTS, hasScaleToZero: false } }, {}, 1, 1, "scale to zero is off in the cluster"],
  ])("%s for %f s, %j, %j: %j, wanted %i: %s", (state, now, parts, more, replicas, wanted) => {
    expect(applyScale(spec(parts), 0, revision(state, more), now)).toEqual({ replicas, wanted });
  });
});

describe("a revision's activity", () => {
  it.each<[Revision["activity"]["state"], number, number, Revision["activity"]["state"], string]>([
    ["active", 0, 1, "inactive", "no longer wanted"],
    ["inactive", 2, 0, "activating", "wanted again"],
    ["activating", 2, 1, "active", "one is ready"],
    ["activating", -1, 0, "activating", "nothing known yet"],
    ["inactive", -1, 0, "inactive", "nothing known, and idle"],
    ["inactive", -1, 1, "inactive", "ready, but not wanted"],
  ])("%s with %i wanted and %i ready is %s: %s", (before, wanted, ready, after) => {
    const next = nextActivity(spec(), revision(before), wanted, ready, 7);
    expect(next).toEqual({ state: after, since: after === before ? 0 : 7 });
  });
});
