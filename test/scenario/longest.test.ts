import { expect, it } from "vitest";
import { builtInModel } from "../../src/model/built-in.ts";
import { questionOf } from "../../src/plan/plan-request.ts";
import { fleetConfig } from "../../src/scenario/fleet-config.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { NO_DATA } from "../../src/traffic/data.ts";
import { deviceModel } from "../fixtures.ts";

it.each([
  [{ max_model_len: 3000 }, {}, 3000],
  [{ max_model_len: 3000 }, { max_tokens: 2500 }, 2500],
  [{}, {}, 5000],
])("of requests above a histogram's last bound none is longer than the server takes: %j, %j", (replica, asked, longest) => {
  const lengths = { bounds: [100, 2000, Infinity], counts: [0, 0, 200], count: 200, sum: null };
  const data = {
    ...NO_DATA,
    prometheus: { arrivals: { window: 15, begins: 0, counts: [100, 100], notes: [] }, prompts: lengths, outputs: lengths, notes: [] },
  };
  const from = scenarioOf(
    {
      model: "Llama-3.1-8B",
      replica,
      traffic: { kind: "prometheus", folder: "prom", output: { kind: "constant", tokens: 1 }, ...asked },
      policy: { kind: "fixed", replicas: 1 },
    },
    "chat.yaml",
  );
  const parts = { from, device: deviceModel(), model: builtInModel("Llama-3.1-8B"), trace: null, data };
  for (const requests of [fleetConfig(parts).requests, questionOf(parts).requestsOf(42)]) {
    const most = Math.max(...[...requests].map(({ promptTokens, outputTokens }) => promptTokens + outputTokens));
    expect(most).toBeLessThanOrEqual(longest + 1);
    expect(most).toBeGreaterThan(longest * 0.95);
  }
});
