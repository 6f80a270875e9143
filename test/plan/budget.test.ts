import { describe, expect, it } from "vitest";
import { overBudgetOrNull } from "../../src/plan/search/budget.ts";
import { question } from "./questions.ts";

const prices = { reserved_per_gpu_hour: 2.5, on_demand_per_gpu_hour: 9, currency: "EUR" };
const asked = (ceiling: object, gpusPerReplica = 1) => {
  const { setup, objectives } = question();
  return question({ prices, setup: { ...setup, gpusPerReplica }, objectives: { ...objectives, ...ceiling } });
};

describe("a fixed fleet above a ceiling", () => {
  it.each([
    [
      "on GPUs",
      { gpu_hours_per_h: 4 },
      1,
      5,
      "5 replicas, 5 GPUs all the time, and the ceiling is 4 on average, which pays for 4 replicas at most",
      4,
    ],
    [
      "on GPUs, several a replica",
      { gpu_hours_per_h: 7 },
      4,
      2,
      "2 replicas, 8 GPUs all the time, and the ceiling is 7 on average, which pays for 1 replica at most",
      1,
    ],
    [
      "on GPUs, not one replica",
      { gpu_hours_per_h: 3 },
      4,
      1,
      "1 replica, 4 GPUs all the time, and the ceiling is 3 on average, which pays for not one replica",
      0,
    ],
    [
      "on cost, at the reserved price",
      { cost_per_h: 12 },
      1,
      5,
      "5 replicas, which cost 12.5 EUR an hour, and the ceiling is 12, which pays for 4 replicas at most",
      4,
    ],
    [
      "on both: the stricter one says how many",
      { cost_per_h: 8, gpu_hours_per_h: 4 },
      1,
      5,
      "5 replicas, 5 GPUs all the time, and the ceiling is 4 on average, which pays for 3 replicas at most",
      3,
    ],
  ])("%s", (_, ceiling, gpus, replicas, because, affordable) => {
    expect(overBudgetOrNull(asked(ceiling, gpus), replicas)).toEqual({ because: `the other objectives need ${because}`, affordable });
  });

  it.each([
    ["at the ceiling", { gpu_hours_per_h: 5, cost_per_h: 12.5 }],
    ["without one", {}],
  ])("is none %s", (_, ceiling) => {
    expect(overBudgetOrNull(asked(ceiling), 5)).toBeNull();
  });

  it("is none at a ceiling that the price goes into a whole number of times, though 6.6 / 2.2 is a little less than 3", () => {
    const at = (cost_per_h: number) => ({ ...asked({ cost_per_h }), prices: { ...prices, reserved_per_gpu_hour: 2.2 } });
    expect(overBudgetOrNull(at(6.6), 3)).toBeNull();
    expect(overBudgetOrNull(at(6.6), 4)).toMatchObject({ affordable: 3 });
    expect(overBudgetOrNull(at(6.59), 3)).toMatchObject({ affordable: 2 });
  });
});
