import { describe, expect, it } from "vitest";
import { readTrace } from "../../cli/read-trace.ts";
import { describeTraffic } from "../../src/traffic/describe.ts";
import type { Request } from "../../src/traffic/request.ts";
import { traceSchema } from "../../src/traffic/trace/schema.ts";
import { readVllm } from "../../src/traffic/trace/vllm.ts";
import { sharedFileOrNull } from "../data.ts";
import { all, lines, refusals } from "./texts.ts";

const vllm = (text: string): Promise<Request[]> => all(readVllm(lines(text), "requests.jsonl"));

describe("requests for or of vLLM", () => {
  it.each([
    [
      "as an engine logs them",
      '{"request_id": "a", "input_toks": 10, "output_toks": 3, "arrival_time": 1777142838.25}\n{"input_toks": 20, "output_toks": 4, "arrival_time": 1777142839.5}',
    ],
    ["as a benchmark lists them", '{"timestamp": 0, "input": 10, "output": 3}\n{"timestamp": 1.25, "input": 20, "output": 4}'],
  ])("%s", async (_, text) => {
    expect(await vllm(text)).toEqual([
      { id: 0, arrivedAt: 0, promptTokens: 10, outputTokens: 3 },
      { id: 1, arrivedAt: 1_250_000_000, promptTokens: 20, outputTokens: 4 },
    ]);
  });

  it("keep their priority", async () => {
    expect((await vllm('{"timestamp": 0, "input": 10, "output": 3, "priority": 2}'))[0]).toMatchObject({ priority: 2 });
  });

  it("are refused with their line, the rule, what stands there, and what to do", async () => {
    const good = '{"timestamp": 5, "input": 10, "output": 3}';
    const bad: [string, string][] = [
      ["fields of other names", '{"at": 5, "in": 10, "out": 3}'],
      ["other names from the second line on", `${good}\n{"timestamp": 6, "input_toks": 10, "output_toks": 3}`],
      ["text instead of its length", '{"timestamp": 5, "input": "Hello", "output": 3}'],
      ["no time", `${good}\n{"timestamp": null, "input": 10, "output": 3}`],
      ["a time before the one above", `${good}\n{"timestamp": 4, "input": 10, "output": 3}`],
      ["no JSON", `${good}\ntimestamp`],
    ];
    expect(await refusals(vllm, bad)).toMatchInlineSnapshot(`
      "fields of other names: requests.jsonl: line 1: expected an arrival (arrival_time, timestamp, arrival_s), prompt tokens (input_toks, input_tokens, prompt_tokens, input_len, prompt_len, input) and output tokens (output_toks, output_tokens, completion_tokens, output_len, output), got at, in, out. Rename the fields, or write a CSV file with the columns arrival_s, prompt_tokens, output_tokens.
      other names from the second line on: requests.jsonl: line 2: expected input to be a whole number of tokens, at least 1, got nothing. Repair the line, or take it out.
      text instead of its length: requests.jsonl: line 1: expected input to be a whole number of tokens, at least 1, got "Hello". Repair the line, or take it out.
      no time: requests.jsonl: line 2: expected timestamp to be a number of seconds, got null. Repair the line, or take it out.
      a time before the one above: requests.jsonl: line 2: expected times in rising order, got 4 s after 5 s. Sort the file by time.
      no JSON: requests.jsonl: line 2: expected a JSON object with an arrival, prompt tokens and output tokens, got timestamp. Repair the line, or take it out."
    `);
  });

  const logged = sharedFileOrNull("validation", "rtxpro6000-llama-3.1-8b-vllm-0.19", "requests.jsonl");
  it.skipIf(logged === null)("of a real engine's log are all there (needs the log)", async () => {
    const { format, requests } = await readTrace(traceSchema.parse({ kind: "trace", file: "requests.jsonl" }), logged ?? "", { seed: 1 });
    expect(format).toBe("vllm");
    const found = describeTraffic(requests);
    expect(found).toMatchObject({ requests: 300, prefixes: null, sessions: null });
    expect(found.rate).toBeCloseTo(10.3, 1);
    expect(requests[0]).toEqual({ id: 0, arrivedAt: 0, promptTokens: 2358, outputTokens: 531 });
  });
});
