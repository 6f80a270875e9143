import { describe, expect, it } from "vitest";
import { planSchema } from "../../src/plan/schema.ts";
import { upgradeFrom1 } from "../../src/plan/upgrade.ts";

const candidate = (replicas: number, isMet: boolean) => ({
  policy: `fixed, ${replicas} replicas`,
  replicas: { min: replicas, max: replicas, mean: replicas },
  objectives: [{ objective: "ttft.p99<=2s", limit_s: 2, value_s: isMet ? 1.5 : null, is_met: isMet }],
  meets: isMet,
  replications_met: isMet ? 3 : 0,
  gpu_hours: 1,
  scale_events: 0,
  utilization: null,
  mean_batch: null,
  ttft_s: null,
  tpot_s: null,
});
const older = (capacity: unknown) => ({
  schema: "ballast.plan/1",
  heading: null,
  model: "Llama-3.1-8B",
  device: "Example GPU",
  question: "How many?",
  seeds: [42, 43, 44],
  capacity,
  autoscaler: candidate(4, false),
  tried: [
    { replicas: 1, meets: false },
    { replicas: 2, meets: true },
  ],
  inputs: [],
  not_modelled: [],
  notes: [],
});

describe("a plan of version 1", () => {
  it("is read as one of version 2, without intervals", () => {
    const upgraded = planSchema.parse(
      upgradeFrom1(
        older({ kind: "found", replicas: 2, candidate: candidate(2, true), one_fewer: candidate(1, false), headroom_over_mean: 0.3 }),
      ),
    );
    expect(upgraded.capacity).toMatchObject({
      kind: "found",
      interval: null,
      breaks_at_rate: null,
      candidate: { verdict: "meets", replications: 3, objectives: [{ unit: "s", limit: 2, value: 1.5, interval: null, verdict: "meets" }] },
      one_fewer: { verdict: "misses", objectives: [{ value: null, verdict: "misses" }] },
    });
    expect(upgraded.tried).toEqual([
      { replicas: 1, verdict: "misses", replications: 3 },
      { replicas: 2, verdict: "meets", replications: 3 },
    ]);
  });

  it("that was impossible too", () => {
    const upgraded = planSchema.parse(upgradeFrom1(older({ kind: "impossible", because: "it is slow", best: candidate(64, false) })));
    expect(upgraded.capacity).toMatchObject({ kind: "impossible", best: { verdict: "misses" } });
  });
});
