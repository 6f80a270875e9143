import { describe, expect, it } from "vitest";
import { builtInModel } from "../../src/model/built-in.ts";
import { checkContext } from "../../src/scenario/check-context.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { trafficInputs, trafficInWords } from "../../src/scenario/traffic-inputs.ts";
import { NO_DATA, type TrafficData } from "../../src/traffic/data.ts";
import type { Request } from "../../src/traffic/request.ts";
import { trafficSchema } from "../../src/traffic/schema.ts";
import { messageOf } from "../message-of.ts";

const chat = { kind: "log-normal", p50_tokens: 1020, p99_tokens: 4142, max_tokens: 14_050 };
const lengths = { prompt: chat, output: { kind: "constant", tokens: 100 } };
const kinds: Readonly<Record<string, object>> = {
  poisson: { requests_per_s: 10, duration_s: 1200, ...lengths },
  gamma: { requests_per_s: 10, duration_s: 1200, cv: 3, ...lengths },
  bursty: { requests_per_s: 10, duration_s: 1200, ...lengths },
  diurnal: { requests_per_s: 10, duration_s: 172_800, ...lengths },
  steps: {
    steps: [
      { for_s: 600, requests_per_s: 5 },
      { for_s: 60, requests_per_s: 50 },
    ],
    ...lengths,
  },
  sessions: {
    sessions_per_s: 0.5,
    duration_s: 3600,
    turns: { kind: "geometric", mean_turns: 5 },
    think_s: { kind: "log-normal", p50_s: 10, p99_s: 300 },
    system_tokens: 500,
    max_prompt_tokens: 32_000,
    ...lengths,
  },
  clients: { traces: "m-small_traces.tar.gz", start_s: 86_400, duration_s: 3600, rate_factor: 0.01 },
  trace: { file: "conv.csv", format: "azure", speed: 2 },
};

describe("traffic in words", () => {
  it("says what each kind is", () => {
    const words = Object.entries(kinds).map(([kind, fields]) => trafficInWords(trafficSchema.parse({ kind, ...fields })));
    expect(words.join("\n")).toMatchInlineSnapshot(`
      "Poisson, 10 requests/s for 20 min
      gamma gaps of coefficient of variation 3, 10 requests/s on average for 20 min
      bursty, 10 requests/s on average for 20 min; every 5 min a burst of 30 s (both on average) at 4 times the calm rate
      Poisson, 10 requests/s on average, for 48 h; every 24 h it swings by 50 % up and down, with the peak at 14 h
      Poisson, 10 min at 5 and 60 s at 50 requests/s
      sessions, 0.5 begin a second for 60 min; 5 requests on average (geometric), think time p50 10 s, p99 5 min (log-normal)
      clients of m-small_traces.tar.gz at 0.01 times their rates, 60 min from 24 h on
      trace conv.csv at 2 times its speed"
    `);
  });

  it("is an input with where it came from; a trace's is what it is found to be", () => {
    const inputs = (kind: string, requests: readonly Request[]) =>
      trafficInputs(parseScenario(JSON.stringify({ model: "a", traffic: { kind, ...kinds[kind] } }), "chat.yaml"), requests).map(
        ({ name, value, origin, source }) => `${name}: ${value} (${origin}, ${source})`,
      );
    const part = { id: 1, tokens: 100 };
    const next = { thinkTime: 2e9, promptTokens: 300, outputTokens: 5, parts: [part] };
    const requests = [{ id: 0, arrivedAt: 0, promptTokens: 100, outputTokens: 5, parts: [part], next }];
    expect([...inputs("sessions", []), ...inputs("trace", requests)].join("\n")).toMatchInlineSnapshot(`
      "traffic: sessions, 0.5 begin a second for 60 min; 5 requests on average (geometric), think time p50 10 s, p99 5 min (log-normal) (given, chat.yaml)
      system prompt: 500 tokens, the same for all sessions (given, chat.yaml)
      prompt: log-normal, p50 1,020, p99 4,142, at most 14,050 tokens, added by each request (given, chat.yaml)
      output: 100 tokens (given, chat.yaml)
      traffic: 2 requests in 2.00 s, 1.00 requests/s on average, played at 2 times its speed (given, conv.csv)
      prompt: p50 100, p90 300, p99 300, max 300 tokens (given, conv.csv)
      output: p50 5, p90 5, p99 5, max 5 tokens (given, conv.csv)
      shared prefixes: 25 % of the prompt tokens, given an unlimited cache (given, conv.csv)
      sessions: 1, p50 2 requests, p90 2 (given, conv.csv)"
    `);
  });
});

describe("a generator's prompts", () => {
  const check = (kind: string, fields: object, data: TrafficData = NO_DATA): string =>
    messageOf(() => checkContext(trafficSchema.parse({ kind, ...kinds[kind], ...fields }), builtInModel("tiny-llama"), data, "chat.yaml"));
  const context = builtInModel("tiny-llama").contextLength;

  it("are held against the model's context", () => {
    const observed = { ...NO_DATA, lengths: new Map([["a.csv", { prompts: [1, context], outputs: [1, 1] }]]) };
    expect(
      [
        check("poisson", { prompt: { kind: "constant", tokens: context } }),
        check("poisson", {}),
        check("sessions", {}),
        check("poisson", { prompt: { kind: "empirical", file: "a.csv" } }, observed),
      ].join("\n"),
    ).toMatchInlineSnapshot(`
      "InputError: chat.yaml: traffic.prompt: expected prompts below 4096 tokens, the context of tiny-llama, got up to 4096. Make them shorter, or choose a model with a longer context.
      InputError: chat.yaml: traffic.prompt: expected prompts below 4096 tokens, the context of tiny-llama, got up to 14050. Make them shorter, or choose a model with a longer context.
      InputError: chat.yaml: traffic.max_prompt_tokens: expected prompts below 4096 tokens, the context of tiny-llama, got up to 32000. Make them shorter, or choose a model with a longer context.
      InputError: chat.yaml: traffic.prompt: expected prompts below 4096 tokens, the context of tiny-llama, got up to 4096. Make them shorter, or choose a model with a longer context."
    `);
  });

  it("are let pass where one token could follow, and where they are statistics or a trace's", () => {
    expect(check("poisson", { prompt: { kind: "constant", tokens: context - 1 } })).toBe("accepted");
    expect(check("clients", {})).toBe("accepted");
    expect(check("trace", {})).toBe("accepted");
  });
});
