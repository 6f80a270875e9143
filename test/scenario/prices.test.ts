import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/fleet/policy.ts";
import { candidateOf, replicate } from "../../src/plan/search/replications.ts";
import { costOf } from "../../src/scenario/prices.ts";
import { chat, question } from "../plan/questions.ts";
import { runs } from "../runs.ts";

const prices = { reserved_per_gpu_hour: 2, on_demand_per_gpu_hour: 5, currency: "EUR" };
const hpa = (least: number): Policy => ({
  kind: "hpa",
  min_replicas: least,
  max_replicas: 8,
  metric: "requests_in_flight",
  target_average: 8,
  initial_replicas: least,
});
const hour = { gpu_hours: 12, ended_at_s: 7200 };

describe("what a run costs", () => {
  it.each<[string, Policy, object, number]>([
    ["a fixed fleet is reserved: 6 GPUs for 2 hours", { kind: "fixed", replicas: 6 }, {}, 24],
    ["of an autoscaler, its minimum: 2 GPUs for 2 hours and 8 GPU-hours on demand", hpa(2), {}, 48],
    ["a minimum of replicas of two GPUs each", hpa(2), { gpus_per_replica: 2 }, 8 * 2 + 4 * 5],
    ["the floor is paid whether or not its replicas ran", hpa(7), {}, 28],
    ["a floor of none has all on demand", hpa(0), {}, 60],
  ])("%s", (_, policy, parts, cost) => {
    expect(costOf({ ...hour, ...parts }, policy, prices)).toBeCloseTo(cost, 9);
  });

  it("lies between all GPU-hours reserved and all on demand, and no dearer the higher the floor that is used", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.nat(50), (least, seed) => {
        const asked = question({ prices, requestsOf: chat(20, 120) });
        const { run, cost } = replicate(asked, hpa(Math.max(1, least)), seed);
        expect(cost!).toBeGreaterThanOrEqual(2 * run.gpu_hours - 1e-9);
        expect(cost!).toBeLessThanOrEqual(5 * run.gpu_hours + 1e-9);
      }),
      runs(10),
    );
  });

  it("is in a candidate, by the run and by the hour, and held against a ceiling", () => {
    const objectives = { ttft_p99_s: 9, tpot_p99_s: 9, cost_per_h: 5 };
    const of = (replicas: number) => {
      const asked = question({ prices, objectives });
      return candidateOf([replicate(asked, { kind: "fixed", replicas }, 1)], objectives);
    };
    expect(of(2).cost!.per_hour).toBeCloseTo(4, 9);
    expect(of(2).cost!.total).toBeCloseTo(2 * of(2).gpu_hours, 9);
    expect([2, 3].map((replicas) => of(replicas).objectives.at(-1))).toMatchObject([
      { objective: "cost<=5/h", unit: "1/h", value: expect.closeTo(4, 9), verdict: "meets" },
      { value: expect.closeTo(6, 9), verdict: "misses" },
    ]);
  });

  it("is not known without prices", () => {
    expect(candidateOf([replicate(question(), { kind: "fixed", replicas: 1 }, 1)], question().objectives)).not.toHaveProperty("cost");
  });
});
