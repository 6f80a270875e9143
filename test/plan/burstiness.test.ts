import { describe, expect, it } from "vitest";
import { builtInModel } from "../../src/model/built-in.ts";
import { plan } from "../../src/plan/plan.ts";
import { alternativesOf } from "../../src/plan/confidence/burstiness.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { NO_DATA } from "../../src/traffic/data.ts";
import { prometheusSchema } from "../../src/traffic/prometheus/schema.ts";
import { deviceModel } from "../fixtures.ts";

const counted = (window: number, counts: readonly number[]) => ({
  ...NO_DATA,
  prometheus: { arrivals: { window, begins: 1_767_600_000, counts, notes: [] }, prompts: null, outputs: null, notes: [] },
});
const lengths = { prompt: { kind: "constant", tokens: 1000 }, output: { kind: "constant", tokens: 60 } };
const traffic = (fields: object = {}) => prometheusSchema.parse({ kind: "prometheus", folder: "prom", ...lengths, ...fields });

describe("bursts between two samples", () => {
  it.each([
    ["samples of 10 s", traffic(), 10, []],
    ["samples of 60 s", traffic(), 60, ["gaps of coefficient of variation 2", "gaps of coefficient of variation 4"]],
    ["samples of 60 s with bursts already", traffic({ cv: 3 }), 60, ["gaps of coefficient of variation 4"]],
  ])("%s: %j, every %d s", (_, asked, window, names) => {
    const alternatives = alternativesOf(asked, counted(window, [30, 30]));
    expect(alternatives.map(({ name }) => name)).toEqual(names);
    for (const { requestsOf } of alternatives) expect(requestsOf(1)).toHaveLength(60);
  });

  it("widen the interval of the number of replicas upwards, and say by how much alone", () => {
    const data = counted(60, Array<number>(5).fill(1500));
    const scenario = { model: "Llama-3.1-8B", traffic: traffic(), objectives: { ttft_p99_s: 2 } };
    const { capacity } = plan({
      from: scenarioOf(scenario, "chat.yaml"),
      device: deviceModel(),
      model: builtInModel("Llama-3.1-8B"),
      trace: null,
      data,
      replications: 2,
    }).plan;
    if (capacity.kind !== "found") throw new Error(`expected an answer, got ${capacity.kind}`);
    const { replicas, interval } = capacity;
    expect(interval!.high).toBeGreaterThan(replicas);
    expect(interval!.of).toContain(
      `bursts inside the 60 s between two samples, which no metric shows (up to gaps of coefficient of variation 4: ${replicas} to ${interval!.high} for that alone)`,
    );
  });
});
