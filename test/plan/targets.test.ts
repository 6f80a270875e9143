import { describe, expect, it } from "vitest";
import { atSteadyRate } from "../../src/plan/search/sustained-rate.ts";
import { targetOf } from "../../src/plan/search/targets.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { generate } from "../../src/traffic/generate.ts";
import type { Request } from "../../src/traffic/request.ts";
import { chat, question } from "./questions.ts";

/** Conversations of eight turns. */
const sessions = (seed: number): Request[] => [
  ...generate(
    {
      kind: "sessions",
      sessions_per_s: 2,
      duration_s: 300,
      turns: { kind: "constant", turns: 8 },
      think_s: { kind: "constant", seconds: 5 },
      system_tokens: 0,
      max_prompt_tokens: 8000,
      prompt: { kind: "constant", tokens: 200 },
      output: { kind: "constant", tokens: 100 },
    },
    createStreams(seed),
  ),
];

describe("an autoscaler's target", () => {
  it.each([
    ["requests that come alone", chat(20, 120), 20],
    ["sessions, whose later turns are in flight too", sessions, 2],
  ])("is what a replica holds in flight on average, of %s", (_, requestsOf, rate) => {
    const asked = question({ requestsOf });
    const { latency, requests } = atSteadyRate(asked, 2, rate).run;
    const begun = requestsOf(1).length;
    const inFlight = (requests.finished * (latency.end_to_end_s?.mean ?? 0)) / (begun / rate) / 2;
    expect(targetOf(asked, { replicas: 2, sustained: rate, meanRate: rate }, 1) / inFlight).toBeCloseTo(1, 1);
  });
});
