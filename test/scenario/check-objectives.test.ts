import { expect, it } from "vitest";
import { checkObjectives } from "../../src/scenario/check-objectives.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import type { Request } from "../../src/traffic/request.ts";

const request = (priority?: number, next?: Request["next"]): Request => ({
  id: 0,
  arrivedAt: 0,
  promptTokens: 1,
  outputTokens: 1,
  ...(priority === undefined ? {} : { priority }),
  ...(next === undefined ? {} : { next }),
});
const message = (objectives: string, requests: readonly Request[], bySlo: readonly string[] = [], more = ""): string | null => {
  const text = `model: Llama-3.1-8B\ntraffic: { kind: trace, file: chat.csv }\nobjectives: ${objectives}\n${more}`;
  const from = parseScenario(text, "chat.yaml");
  const given = new Map([...from.given, ...bySlo.map((key) => [`objectives.${key}`, "--slo"] as const)]);
  try {
    checkObjectives({ ...from, given }, requests);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};

it("objectives that nothing could be held against are refused with what there is, and what to do", () => {
  const two = [request(), request(3)];
  expect(
    [
      message("{ classes: [{ priority: 7, ttft_p99_s: 1 }] }", two),
      message("{ classes: [{ priority: 7, ttft_p99_s: 1 }] }", two, ["classes"]),
      message("{ classes: [{ priority: 1, goodput: 0.9 }] }", [request()]),
      message("{ cost_per_h: 10 }", two),
      message("{ cost_per_h: 10 }", two, ["cost_per_h"]),
    ].join("\n"),
  ).toMatchInlineSnapshot(`
    "chat.yaml: objectives.classes: expected a priority that the traffic has, 0 and 3, got 7. Name one of them.
    --slo: expected a priority that the traffic has, 0 and 3, got 7. Name one of them.
    chat.yaml: objectives.classes: expected a priority that the traffic has, 0, got 1. Give the requests priorities: a CSV trace, or one of vLLM, can have a column of them; or leave the class out.
    chat.yaml: objectives.cost_per_h: expected prices beside a ceiling on the cost, got none. Give them in chat.yaml: prices: { reserved_per_gpu_hour: 2, on_demand_per_gpu_hour: 4 }.
    --slo: expected prices beside a ceiling on the cost, got none. Give them in chat.yaml: prices: { reserved_per_gpu_hour: 2, on_demand_per_gpu_hour: 4 }."
  `);
});

it.each([
  ["a priority of the traffic", "{ classes: [{ priority: 3, ttft_p99_s: 1 }] }", [request(), request(3)], ""],
  ["none is 0", "{ classes: [{ priority: 0, ttft_p99_s: 1 }] }", [request(), request(3)], ""],
  [
    "one that only later requests of a session have",
    "{ classes: [{ priority: 5, ttft_p99_s: 1 }] }",
    [request(0, { promptTokens: 1, outputTokens: 1, thinkTime: 1, priority: 5 })],
    "",
  ],
  ["a cost with prices", "{ cost_per_h: 1 }", [request()], "prices: { reserved_per_gpu_hour: 1, on_demand_per_gpu_hour: 2 }"],
])("%s is taken", (_, objectives, requests, more) => {
  expect(message(objectives, requests, [], more)).toBeNull();
});
